import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { CallBudget } from '../src/core/call-budget.js';
import { LimitedUpdater } from '../src/core/limited-updater.js';
import { unknownDocument } from '../src/deduplication/document-state.js';
import { fingerprintOf } from '../src/deduplication/fingerprint.js';
import { FingerprintIndex } from '../src/deduplication/fingerprint-index.js';
import { KeyIndex } from '../src/deduplication/key-index.js';
import { passage } from './deduplication/world.js';

const budget = new CallBudget({}, new FakeClock());
const fingerprint = await fingerprintOf(passage('a'), 16);
const revision = (generation: number) => ({ generation, fingerprint });

function world() {
  const keys = new KeyIndex(new LimitedUpdater(createMemoryStore()), 'x:', 256);
  const index = new FingerprintIndex(keys, null, 0.9);
  const look = async () => {
    const entries = await index.look(revision(1).fingerprint, budget);
    return entries.map(({ id, generation }) => `${id}#${generation}`);
  };
  return { keys, index, look };
}

describe('the traces of a content', () => {
  it('are found by whoever comes second', async () => {
    const { index } = world();
    expect(await index.publish('a', revision(1), budget)).toEqual([]);
    const seen = await index.publish('b', revision(1), budget);
    expect(seen).toHaveLength(33);
    expect(new Set(seen.map(({ id }) => id))).toEqual(new Set(['a']));
    expect(await index.publish('a', revision(2), budget)).toHaveLength(32);
  });

  it('stay while the document has it, whoever wants to remove them', async () => {
    const { index, look } = world();
    await index.publish('a', revision(1), budget);
    await index.withdraw('a', revision(1), { ...unknownDocument, standing: revision(1) }, budget);
    expect(await look()).toHaveLength(33);
    await index.withdraw('a', revision(1), unknownDocument, budget);
    expect(await look()).toEqual([]);
  });

  it('leave the claim to another content with the same text', async () => {
    const { keys, index } = world();
    const { hash } = revision(1).fingerprint;
    await index.publish('a', revision(1), budget);
    await index.publish('a', revision(2), budget);
    await index.withdraw('a', revision(2), { ...unknownDocument, standing: revision(1) }, budget);
    expect(await keys.holderOf(hash, budget)).toMatchObject([{ id: 'a', generation: 1 }]);
    expect(await index.missing('a', revision(1), budget)).toBe(0);
  });
});

describe('a claim', () => {
  const owner = (id: string, generation: number) => ({ id, generation });
  const holder = (id: string, generation: number) => ({ id, generation, place: 'claim' });

  it('belongs to the first', async () => {
    const { keys } = world();
    expect(await keys.claim('h', owner('a', 1), undefined, budget)).toEqual(holder('a', 1));
    expect(await keys.claim('h', owner('b', 1), undefined, budget)).toEqual(holder('a', 1));
    expect(await keys.claim('h', owner('a', 1), undefined, budget)).toEqual(holder('a', 1));
  });

  it('is taken over only from exactly who has lost it', async () => {
    const { keys } = world();
    await keys.claim('h', owner('a', 2), undefined, budget);
    expect(await keys.claim('h', owner('b', 1), owner('a', 1), budget)).toEqual(holder('a', 2));
    expect(await keys.claim('h', owner('b', 1), owner('a', 2), budget)).toEqual(holder('b', 1));
  });

  it('follows its document to a later content, and not back', async () => {
    const { keys } = world();
    await keys.claim('h', owner('a', 1), undefined, budget);
    expect(await keys.claim('h', owner('a', 2), undefined, budget)).toEqual(holder('a', 2));
    expect(await keys.claim('h', owner('a', 1), undefined, budget)).toEqual(holder('a', 2));
    await keys.release('h', owner('a', 1), budget);
    expect(await keys.holderOf('h', budget)).toEqual([holder('a', 2)]);
  });
});
