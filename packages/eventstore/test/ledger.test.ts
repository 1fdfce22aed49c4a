import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/feed/ledger.js';

const open = (): Ledger => new Ledger(createMemoryStore(), 'events', {});

const namesIn = async (ledger: Ledger, partition = 0): Promise<string[]> =>
  (await ledger.entries(partition)).map(([aggregateId]) => aggregateId);

describe('the ledger of streams that may have unpublished events', () => {
  it('names each stream once, in the order in which they were entered last', async () => {
    const ledger = open();
    const counts: number[] = [];
    for (const name of ['a', 'b', 'a', 'c']) counts.push(await ledger.enter(0, name));
    expect(counts).toEqual([1, 2, 2, 3]);
    expect(await namesIn(ledger)).toEqual(['b', 'a', 'c']);
    expect(await namesIn(ledger, 1)).toEqual([]);
  });

  it('lets a stream leave, but not one that was entered again meanwhile', async () => {
    const ledger = open();
    for (const name of ['a', 'b', 'c']) await ledger.enter(0, name);
    const seen = await ledger.entries(0);
    await ledger.enter(0, 'b');
    await ledger.leave(0, seen);
    expect(await namesIn(ledger)).toEqual(['b']);
    await ledger.leave(0, seen);
    expect(await namesIn(ledger)).toEqual(['b']);
    await ledger.leave(0, await ledger.entries(0));
    expect(await namesIn(ledger)).toEqual([]);
  });

  it('is not asked to let nobody leave', async () => {
    const store = createMemoryStore();
    await new Ledger(store, 'events', {}).leave(0, []);
    await expect(store.get('events:d:0')).rejects.toMatchObject({ code: 'KEY_NOT_FOUND' });
  });
});
