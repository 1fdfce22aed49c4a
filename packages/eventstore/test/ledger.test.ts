import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { Ledger } from '../src/feed/ledger.js';

const open = (): Ledger => new Ledger(createMemoryStore(), 'events', {});

const namesIn = async (ledger: Ledger, partition = 0): Promise<string[]> =>
  (await ledger.entries(partition)).map(([aggregateId]) => aggregateId);

describe('the ledger of streams that may have unpublished events', () => {
  it('names each stream once, in the order in which they were entered last', async () => {
    const ledger = open();
    for (const name of ['a', 'b', 'a', 'c']) await ledger.enter(0, name);
    expect(await namesIn(ledger)).toEqual(['b', 'a', 'c']);
    expect(await namesIn(ledger, 1)).toEqual([]);
  });

  it('tells how much of its room is taken, and lets no stream in when there is none', async () => {
    const store = createMemoryStore({ capabilities: { maxValueBytes: 2_000 } });
    const ledger = new Ledger(store, 'events', {});
    const shares = await Promise.all(['a', 'b', 'a', 'ü'.repeat(300)].map((name) => ledger.enter(0, name)));
    // An entry takes some 50 bytes and its name, of the 1,000 that all may take.
    expect(shares.map((share) => share?.toFixed(1))).toEqual(['0.1', '0.1', '0.1', '0.8']);
    expect(await ledger.enter(0, 'x'.repeat(300))).toBeUndefined();
    expect(await ledger.enter(0, 'b')).toBeCloseTo(0.8, 1);
    expect((await namesIn(ledger)).map(([letter]) => letter)).toEqual(['a', 'ü', 'b']);
  });

  it('that is empty lets in whom it has room for at all', async () => {
    const store = createMemoryStore({ capabilities: { maxValueBytes: 600 } });
    const ledger = new Ledger(store, 'events', {});
    expect(await ledger.enter(0, 'x'.repeat(400))).toBeGreaterThan(1);
    await expect(new Ledger(store, 'others', {}).enter(0, 'x'.repeat(700))).rejects.toMatchObject({
      code: 'RECORD_TOO_LARGE',
    });
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
