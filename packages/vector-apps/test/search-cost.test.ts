import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { SemanticSearchEngine } from '../src/index.js';
import { watchedStore } from './support/watched-store.js';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const model = {
  dimensions: letters.length,
  embed: (text: string) => Array.from(letters, (letter) => 1 + text.toLowerCase().split(letter).length),
};
const text = 'Four score and seven years ago our fathers brought forth a new nation.';

/** An engine, and what a call of it costs in round trips one after the other. */
async function open(): Promise<{
  readonly engine: SemanticSearchEngine;
  readonly cost: (call: () => Promise<unknown>) => Promise<number>;
}> {
  const clock = new FakeClock();
  const { store } = watchedStore(createMemoryVectorStore({ clock, latencyMs: 1 }));
  const engine = new SemanticSearchEngine(store, model, { clock });
  await clock.run(engine.initialize());
  const cost = async (call: () => Promise<unknown>): Promise<number> => {
    const startedAt = clock.monotonic();
    await clock.run(call());
    return clock.monotonic() - startedAt;
  };
  return { engine, cost };
}

describe('the cost in round trips', () => {
  it('of a document: 8 for a new one, 8 in place of another, 2 if nothing changed, 6 to delete it', async () => {
    const { engine, cost } = await open();
    expect(await cost(() => engine.indexDocument('a', 'Gettysburg', text))).toBe(8);
    expect(await cost(() => engine.indexDocument('a', 'Gettysburg', `${text} Now.`))).toBe(8);
    expect(await cost(() => engine.indexDocument('a', 'Gettysburg', `${text} Now.`))).toBe(2);
    expect(await cost(() => engine.deleteDocument('a'))).toBe(6);
  });

  it('of a long document: one more for each 16 further chunks', async () => {
    const { engine, cost } = await open();
    const sentences = Array.from({ length: 40 }, (_, number) => `Sentence ${number} is about things.`);
    expect(await cost(() => engine.indexDocument('a', 'Long', sentences.join(' ')))).toBe(9);
  });

  it('of a search: one vector search and one batch of reads', async () => {
    const { engine, cost } = await open();
    await cost(() => engine.indexDocument('a', 'Gettysburg', text));
    await cost(() => engine.indexDocument('b', 'Inaugural', 'Ask not what your country can do for you.'));
    expect(await cost(() => engine.search('the nation of our fathers', 2))).toBe(2);
  });
});
