import { find, isNoriKVError } from '@norikv/store';
import type { RaceEnd, RaceProcess } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import { allFaults, answerOf, isTold } from '../../testkit/test/every-schedule/every-schedule.js';
import {
  type DeduplicationPolicy,
  type DeduplicationResult,
  DocumentDeduplicator,
  SemanticSearchEngine,
} from '../src/index.js';
import { shardCodec } from '../src/recommendation/popularity-shard.js';
import { RecommendationEngine } from '../src/recommendation/recommendation-engine.js';
import { angleModel, noon, stateOf, tasteOf } from './recommendation/shop.js';
import { explore, type Story } from './schedules/explore.js';
import { createCarelessStore, type ScheduledStore } from './schedules/scheduled-store.js';
import { hashingModel } from './support/hashing-model.js';

// A process must wait for nothing but its store.
vi.mock('../src/core/next-turn.js', () => ({ inNextTurn: queueMicrotask, nextTurn: async () => {} }));

describe('no schedule of the search engine', () => {
  const dimensions = 8;
  const [wheat, ships] = ['Wheat is cheap.', 'Ships wait.'];
  type Engine = SemanticSearchEngine;
  const index = (engine: Engine) => engine.indexDocument('a', 'T', ships);
  const remove = (engine: Engine) => engine.deleteDocument('a');
  const search = async (engine: Engine): Promise<string> => {
    const results = await engine.search('wheat ships', 9);
    return results.map(({ content }) => content).join(' + ');
  };

  /** @param possible - what may be shown of the document after the race. */
  const story = (
    race: Story<Engine>['race'],
    possible: (...ends: RaceEnd<unknown>[]) => readonly string[],
  ): Story<Engine> => ({
    open: (store, options) => new SemanticSearchEngine(store, hashingModel(dimensions), options),
    before: (engine) => engine.indexDocument('a', 'T', wheat),
    race,
    isSearched: race.includes(search),
    async after(engine, ends, store) {
      const shown = await search(engine);
      expect(possible(...ends)).toContain(shown);
      if (!ends.every(isTold)) await engine.repair();
      expect(await engine.verify()).toMatchObject({ isClean: true });
      expect(await search(engine)).toBe(shown);
      const { matches } = await store.vectorSearch('documents', new Float32Array(dimensions).fill(1), 9);
      expect(matches).toHaveLength(shown === '' ? 0 : 1);
    },
  });

  const written = (end?: RaceEnd<unknown>) => (isTold(end) ? [ships] : [wheat, ships]);
  const removed = (...ends: (RaceEnd<unknown> | undefined)[]) => (ends.some(isTold) ? [''] : [wheat, '']);

  it('shows anything but a whole version, or leaves something behind that a repair does not find', async () => {
    await explore(story([index], written));
    await explore(story([remove], removed));
  });

  it('lets a search see what never was, or was deleted before', async () => {
    const whileWritten = story([index, search], (end, seen) => {
      expect([wheat, ships]).toContain(answerOf(seen) ?? wheat);
      return written(end);
    });
    const whileRemoved = story([remove, search], (end, seen) => {
      expect([wheat, '']).toContain(answerOf(seen) ?? wheat);
      return removed(end);
    });
    await explore(whileWritten);
    await explore(whileRemoved);
  });

  it('leaves a vector of a write that died while its document was deleted, which no repair finds', async () => {
    const died: Story<Engine> = {
      ...story([index, remove], () => []),
      faults: ['crash'],
      maxSwitches: 1,
      async after(engine, _ends, store) {
        await engine.repair();
        expect(await engine.verify()).toMatchObject({ isClean: true });
        const { matches } = await store.vectorSearch('documents', new Float32Array(dimensions).fill(1), 9);
        expect(matches).toHaveLength((await engine.getDocument('a')) ? 1 : 0);
      },
    };
    await explore(died);
  });

  it('tells two who delete a document that it was there', async () => {
    const both = story([remove, remove], (...ends) => {
      if (ends.every(isTold)) expect(ends.map(answerOf).sort()).toEqual([false, true]);
      return removed(...ends);
    });
    await explore(both);
    await expect(explore(both, createCarelessStore)).rejects.toThrow('Schedule');
  });
});

describe('no schedule of the deduplicator', () => {
  const [text, other] = ['It has shipped.', 'It is lost.'];
  type Dedup = DocumentDeduplicator;
  const storing = (id: string, content: string) => (dedup: Dedup) => dedup.checkAndStore(id, content);
  const removing = (id: string) => (dedup: Dedup) => dedup.removeDocument(id);
  const linked = async (dedup: Dedup): Promise<void> => {
    for (const id of ['a', 'b']) await dedup.checkAndStore(id, text);
  };
  const resultOf = (end?: RaceEnd<unknown>) => answerOf(end) as Partial<DeduplicationResult> | undefined;
  const actionOf = (end?: RaceEnd<unknown>) => resultOf(end)?.action;

  /** @param check - is told who has which text afterwards; null: nobody. */
  const story = (
    before: Story<Dedup>['before'],
    race: Story<Dedup>['race'],
    check: (holders: Readonly<Record<string, string | null>>, ...ends: RaceEnd<unknown>[]) => void,
    policy: DeduplicationPolicy = 'reject',
  ): Story<Dedup> => ({
    open: (store, options) => {
      return new DocumentDeduplicator(store, null, 0.95, {
        ...options,
        policy,
        near: false,
        leaseMs: 100,
        pollMs: 50,
      });
    },
    before,
    race,
    async after(dedup, ends) {
      if (!ends.every((end) => isTold(end) && !resultOf(end)?.cutOffBy)) await dedup.repair();
      expect(await dedup.verify()).toMatchObject({ isClean: true });
      const admitted: string[] = [];
      for await (const { id, isAdmitted } of dedup.documents()) if (isAdmitted) admitted.push(id);
      const holders: Record<string, string | null> = {};
      for (const content of [text, other]) {
        holders[content] = (await dedup.checkAndStore('probe', content)).duplicateOf;
        await dedup.removeDocument('probe');
      }
      expect(Object.values(holders).filter(Boolean).sort()).toEqual(admitted.sort());
      check(holders, ...ends);
    },
  });

  it('admits a text and forgets it, or keeps what was removed', async () => {
    const stored = story(undefined, [storing('a', text)], (holders, end) => {
      if (isTold(end)) expect(holders).toEqual({ [text]: 'a', [other]: null });
    });
    const removed = story(storing('a', text), [removing('a')], (holders, end) => {
      if (isTold(end)) expect(holders).toEqual({ [text]: null, [other]: null });
    });
    await explore(stored);
    await explore(removed);
  });

  it('admits a copy of what is there, or rejects it as one of what is not', async () => {
    const copy = storing('b', text);
    const holdersAfter = (given?: RaceEnd<unknown>, copied?: RaceEnd<unknown>) => {
      if (actionOf(copied) === 'admitted') return ['b'];
      return [null, ...(isTold(given) ? [] : ['a']), ...(isTold(copied) ? [] : ['b'])];
    };
    const whileRemoved = story(storing('a', text), [removing('a'), copy], (holders, ...ends) => {
      expect(holdersAfter(...ends)).toContain(holders[text]);
    });
    const whileReplaced = story(storing('a', text), [storing('a', other), copy], (holders, ...ends) => {
      expect(holdersAfter(...ends)).toContain(holders[text]);
      if (isTold(ends[0])) expect(holders[other]).toBe('a');
    });
    await explore(whileRemoved);
    await explore(whileReplaced);
    await expect(explore(whileReplaced, createCarelessStore)).rejects.toThrow('Schedule');
  });

  it('stores new content of an alias whose caller gave up and was told that it is not stored', async () => {
    const givingUp = async (dedup: Dedup, { store }: RaceProcess): Promise<unknown> => {
      const patience = new AbortController();
      find(store, 'patience').then(
        () => patience.abort(),
        () => {},
      );
      return dedup.checkAndStore('b', other, { signal: patience.signal });
    };
    const isUnapplied = (end?: RaceEnd<unknown>): boolean =>
      end?.status === 'rejected' && isNoriKVError(end.reason) && end.reason.outcome === 'not-applied';
    const givenUp = story(
      linked,
      [givingUp, removing('a')],
      (holders, end) => {
        if (isUnapplied(end)) expect(holders[other]).toBeNull();
      },
      'link',
    );
    await explore({ ...givenUp, maxSwitches: 1, count: 100 });
  });

  it('of three processes admits two copies, or none once one was told that it is stored', async () => {
    const three = story(
      linked,
      [removing('a'), storing('c', text), storing('b', other)],
      (holders, _removed, stored) => {
        if (isTold(stored)) expect(holders[text]).not.toBeNull();
      },
      'link',
    );
    const some = { ...three, faults: allFaults, count: 100 };
    await explore(some);
    await expect(explore(some, createCarelessStore)).rejects.toThrow('Schedule');
  });
});

describe('no schedule of the recommendation engine', () => {
  type Engine = RecommendationEngine;
  const recording = (eventId: string) => (engine: Engine) =>
    engine.recordInteraction('ann', 'poems', { eventId, weight: 4, at: noon });
  const record = recording('order-17');
  const forget = (engine: Engine) => engine.forgetUser('ann');
  const remove = (engine: Engine) => engine.removeProduct('poems');
  const rename = (engine: Engine) => engine.indexProduct('poems', 'verses', '', 'books');
  const train = (engine: Engine) => {
    const events = ['bob', 'eve'].flatMap((userId) =>
      ['boots', 'poems'].map((productId) => ({ userId, productId })),
    );
    return engine.trainItemVectors(events, { factors: 1, rounds: 1 });
  };
  const namesOf = async (engine: Engine): Promise<string[]> => {
    return (await engine.getSimilarProducts('boots', 9)).map(({ name }) => name);
  };
  const inTaste = async (store: ScheduledStore) => (await tasteOf(store, 'ann'))?.recent.length ?? 0;
  const counted = async (store: ScheduledStore): Promise<number> => {
    const shards = Array.from({ length: 16 }, (_, shard) => `recommendation:popularity/${shard}`);
    const states = await Promise.all(shards.map((key) => stateOf(store, key, shardCodec)));
    return states.reduce((sum, state) => sum + (state?.products.get('poems')?.long ?? 0), 0) / 4;
  };

  const story = (parts: Pick<Story<Engine>, 'race' | 'after' | 'before'>): Story<Engine> => ({
    open: (store, options) =>
      new RecommendationEngine(store, angleModel, { ...options, popularityWeight: 0 }),
    ...parts,
    async before(engine) {
      await engine.indexProduct('boots', 'boots', '', 'shoes');
      await engine.indexProduct('poems', 'poems', '', 'books');
      await parts.before?.(engine);
    },
    async after(engine, ends, store) {
      if (!ends.every(isTold)) await engine.repair();
      expect(await engine.verify()).toMatchObject({ isClean: true });
      await parts.after(engine, ends, store);
    },
  });

  it('counts an event twice that is recorded again', async () => {
    const again = story({
      race: [record],
      async after(engine, _, store) {
        expect(await record(engine)).toBe(true);
        expect([await inTaste(store), await counted(store)]).toEqual([1, 1]);
      },
    });
    await explore(again);
  });

  it('keeps a part of an event of a user that is forgotten, or of a product that is removed', async () => {
    const forgotten = story({
      before: recording('order-16'),
      race: [record, forget],
      async after(_engine, [recorded, forgotten], store) {
        expect(await inTaste(store)).toBeLessThan(isTold(forgotten) ? 2 : 3);
        expect(isTold(recorded) ? [2] : [1, 2]).toContain(await counted(store));
      },
    });
    const removed = story({
      race: [record, remove],
      async after(engine, [recorded, removed], store) {
        expect(isTold(removed) ? [[]] : [[], ['poems']]).toContainEqual(await namesOf(engine));
        const times = isTold(recorded) ? [Number(answerOf(recorded))] : [0, 1];
        expect(times).toContain(await inTaste(store));
        expect(times).toContain(await counted(store));
      },
    });
    await explore(forgotten);
    await explore(removed);
    await expect(explore(forgotten, createCarelessStore)).rejects.toThrow('Schedule');
  });

  it('loses a product that is written once vectors were learned, or shows it under two names', async () => {
    const renamed = story({
      before: train,
      race: [rename],
      async after(engine, [end]) {
        const names = await namesOf(engine);
        expect(isTold(end) ? [['verses']] : [['verses'], ['poems']]).toContainEqual(names);
      },
    });
    await explore(renamed);
  });
});
