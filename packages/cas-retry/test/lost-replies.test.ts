import { find, type Key, type KvStore, stringToBytes, UnavailableError } from '@norikv/store';
import { countCalls, createMemoryStore, FakeClock, seededRandom, withFaults } from '@norikv/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createUpdater,
  delay,
  jsonCodec,
  OutcomeUnknownError,
  remove,
  type Updater,
  write,
} from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

type Fault = Parameters<ReturnType<typeof withFaults>['faults']['next']>[1];

function setUp({ carriesEntry = false, seed = 1, rates = {} } = {}): {
  clock: FakeClock;
  counted: ReturnType<typeof countCalls>;
  store: ReturnType<typeof withFaults>;
  updater: ReturnType<typeof createUpdater>;
} {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock, latencyMs: 2, mismatchCarriesEntry: carriesEntry });
  const counted = countCalls(memory);
  const store = withFaults(counted, { clock, random: seededRandom(seed), rates });
  return { clock, counted, store, updater: createUpdater(store, { clock, random: seededRandom(seed + 1) }) };
}

describe.each([true, false])(
  'a lost reply is settled (a lost race tells what is there: %s)',
  (carriesEntry) => {
    const faults: Fault[] = [
      'lost-reply',
      'lost-request',
      'delayed-delivery',
      'duplicated-delivery',
      'own-mismatch',
    ];

    it.each(faults)('%s: applied exactly once, with its own result', async (fault) => {
      const { clock, store, updater } = setUp({ carriesEntry });
      await clock.run(increment(updater));
      store.faults.next('put', fault);
      expect(await clock.run(increment(updater))).toBe(2);
      await clock.advance(1_000);
      expect(await clock.run(increment(updater))).toBe(3);
    });

    it.each(faults)('%s of a create: applied exactly once', async (fault) => {
      const { clock, store, updater } = setUp({ carriesEntry });
      store.faults.next('put', fault);
      expect(await clock.run(increment(updater))).toBe(1);
      await clock.advance(1_000);
      expect(await clock.run(increment(updater))).toBe(2);
    });

    it('for a whole batch, and for later writers in between', async () => {
      const { clock, counted, store, updater } = setUp({ carriesEntry });
      await clock.run(increment(updater));
      const other = createUpdater(countCalls(counted), { clock });
      store.faults.next('put', 'lost-reply');
      const batch = Promise.all(Array.from({ length: 10 }, () => increment(updater)));
      await clock.advance(2.5);
      const between = increment(other);
      expect(await clock.run(batch)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
      await clock.run(between);
      expect(await clock.run(other.read('n', numberCodec))).toBe(12);
    });
  },
);

describe('under random faults', () => {
  it('sums stay exact: three processes, every kind of fault', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1e9 }), fc.boolean(), async (seed, mismatchCarriesEntry) => {
        const clock = new FakeClock();
        const latency = seededRandom(seed);
        const memory = createMemoryStore({ clock, latencyMs: () => 1 + latency() * 2, mismatchCarriesEntry });
        const processes = Array.from({ length: 3 }, (_, number) => {
          const rates = {
            'lost-reply': 0.05,
            'lost-request': 0.05,
            'delayed-delivery': 0.05,
            'duplicated-delivery': 0.05,
            'own-mismatch': 0.05,
          };
          const random = seededRandom(seed + number);
          const store = withFaults(countCalls(memory), { clock, random, rates });
          return createUpdater(store, { clock, random, deadlineMs: 60_000 });
        });
        const results = await clock.run(() =>
          Promise.all(Array.from({ length: 60 }, (_, n) => increment(processes[n % 3] as never))),
        );
        await clock.advance(10_000);
        const total = await clock.run(createUpdater(memory, { clock }).read('n', numberCodec));
        expect(total).toBe(60);
        expect(new Set(results).size).toBe(60);
      }),
      { numRuns: 60 },
    );
  });

  it('2 %% of lost replies cost at most 4 %% more calls', async () => {
    const callsOf = async (rates: Record<string, number>): Promise<number> => {
      const { clock, counted, updater } = setUp({ rates });
      await clock.run(async () => {
        for (let update = 0; update < 2_000; update += 1) await increment(updater);
      });
      expect(await clock.run(createUpdater(counted, { clock }).read('n', numberCodec))).toBe(2_000);
      return counted.calls.total;
    };
    const clean = await callsOf({});
    const lossy = await callsOf({ 'lost-reply': 0.02 });
    expect(lossy / clean).toBeLessThanOrEqual(1.04);
    expect(lossy).toBeGreaterThan(clean);
  });
});

describe('a write that was given up and lands late', () => {
  const names = jsonCodec((data) => data as readonly string[]);
  const add = (updater: Updater, name: string, deadlineMs?: number): Promise<string> =>
    updater.update('n', names, (list = []) => write([...list, name], name), { deadlineMs });

  it.each(Array.from({ length: 40 }, (_, seed) => seed))(
    'is never taken for the one after it (seed %i)',
    async (seed) => {
      const clock = new FakeClock();
      const random = seededRandom(seed);
      const memory = createMemoryStore({ clock });
      const store = withFaults(memory, {
        clock,
        random,
        latencyMs: () => 5 + random() * 20,
        delayMs: () => random() * 80,
        rates: { 'delayed-delivery': 0.3 },
      });
      const updater = createUpdater(store, { clock, random });
      const acknowledged: string[] = [];
      let unknown = 0;
      for (let number = 0; number < 30; number += 1) {
        try {
          acknowledged.push(await clock.run(add(updater, `${number}`, 40)));
        } catch (error) {
          if (error instanceof OutcomeUnknownError) unknown += 1;
        }
      }
      expect(unknown).toBeGreaterThan(0);
      await clock.advance(1_000);
      const kept = (await clock.run(createUpdater(memory, { clock }).read('n', names))) ?? [];
      expect(acknowledged.filter((name) => !kept.includes(name))).toEqual([]);
      expect(new Set(kept).size).toBe(kept.length);
    },
  );
});

describe('one key as text and as bytes', () => {
  it('is one key: its updates share a queue, and none is taken for another', async () => {
    const { clock, counted, updater } = setUp();
    const keys = ['clé', stringToBytes('clé')];
    const add = (key: Key): Promise<number> =>
      updater.update(key, numberCodec, (current = 0) => write(current + 1, current + 1));
    await clock.run(Promise.all(keys.map(add)));
    expect(counted.calls).toMatchObject({ put: 1, total: 2 });
    const twentyFive = async (key: Key): Promise<void> => {
      for (let turn = 0; turn < 25; turn += 1) await add(key);
    };
    await clock.run(Promise.all(keys.map(twentyFive)));
    expect(await clock.run(updater.read('clé', numberCodec))).toBe(52);
  });
});

describe('what cannot be settled is reported as unknown', () => {
  const afterMeddling = async (
    meddle: (memory: ReturnType<typeof createMemoryStore>) => Promise<unknown>,
    { applied = true, before = 1, options = {} } = {},
  ): Promise<unknown> => {
    const memory = createMemoryStore({ mismatchCarriesEntry: false });
    let isMeddling = false;
    const store = Object.assign(Object.create(memory), {
      async put(...call: Parameters<typeof memory.put>) {
        if (!isMeddling) return memory.put(...call);
        isMeddling = false;
        if (applied) await memory.put(...call);
        await meddle(memory);
        throw new UnavailableError('the reply was lost');
      },
    });
    const updater = createUpdater(store, { random: () => 0.5, ...options });
    for (let update = 0; update < before; update += 1) await increment(updater);
    isMeddling = true;
    return increment(updater).catch((error: unknown) => error);
  };
  const otherWrites = async (memory: object, count: number): Promise<void> => {
    for (let writer = 0; writer < count; writer += 1) await increment(createUpdater(Object.create(memory)));
  };

  it('when the key vanished meanwhile', async () => {
    const outcome = await afterMeddling((memory) => memory.delete('n'));
    expect(outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  });

  it.each([0, 1])('when something that keeps no marks wrote over it (records before: %s)', async (before) => {
    const outcome = await afterMeddling((memory) => memory.put('n', '77'), { before });
    expect(outcome).toBeInstanceOf(OutcomeUnknownError);
  });

  it.each([0, 0.999])(
    'when the record was deleted and created again by somebody else (draws %s)',
    async (drawn) => {
      const outcome = await afterMeddling(async (memory) => {
        await memory.delete('n');
        await increment(createUpdater(Object.create(memory), { random: () => drawn }));
        await otherWrites(memory, 2);
      });
      expect(outcome).toBeInstanceOf(OutcomeUnknownError);
    },
  );

  it.each([true, false])(
    'not when 63 others wrote since: their marks leave room (applied: %s)',
    async (applied) => {
      const outcome = await afterMeddling((memory) => otherWrites(memory, 63), { applied });
      expect(outcome).toBe(applied ? 2 : 65);
    },
  );

  it.each([true, false])('when 64 others pushed the mark out (applied: %s)', async (applied) => {
    expect(await afterMeddling((memory) => otherWrites(memory, 64), { applied })).toBeInstanceOf(
      OutcomeUnknownError,
    );
  });

  it('not for a create that lost to fewer others, and so never happened', async () => {
    expect(await afterMeddling((memory) => otherWrites(memory, 3), { applied: false, before: 0 })).toBe(4);
  });

  const nothing = async (): Promise<void> => {};
  const plainCodec = { ...numberCodec, plain: true };
  const createdAndRemoved = async (updater: Updater): Promise<void> => {
    await updater.update('n', plainCodec, () => write(1, 1));
    await updater.update('n', plainCodec, () => remove(undefined));
  };

  it.each([
    ['it could be settled: it may have come and gone', numberCodec, nothing, nothing],
    ['somebody else created the record again', numberCodec, nothing, increment],
    ['it could be settled, of a plain value', plainCodec, nothing, nothing],
    [
      'it could be settled, of a plain value that this process had removed',
      plainCodec,
      createdAndRemoved,
      nothing,
    ],
  ])('for a create that expired before %s', async (_what, codec, before, meanwhile) => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock });
    const other = createUpdater(Object.create(memory), { clock });
    let slowPuts: number | undefined;
    const store = Object.assign(Object.create(memory), {
      async put(...call: Parameters<typeof memory.put>) {
        const version = await memory.put(...call);
        if (slowPuts === undefined) return version;
        slowPuts += 1;
        await delay(30, undefined, clock);
        await meanwhile(other);
        throw new UnavailableError('the reply was lost');
      },
    });
    const updater = createUpdater(store, { clock });
    await before(updater);
    slowPuts = 0;
    const create = updater.update('n', codec, () => write(1, 1, 20));
    expect(await clock.run(create.catch((error: unknown) => error))).toBeInstanceOf(OutcomeUnknownError);
    expect(slowPuts).toBe(1);
  });

  it.each([
    ['deleted it', (memory: KvStore) => memory.delete('n')],
    [
      'gave it a shorter time to live',
      async (memory: KvStore) => {
        await createUpdater(Object.create(memory)).update('n', numberCodec, () => write(7, 7, 1));
        await delay(5);
      },
    ],
  ])('not for a create that landed where somebody %s: it is made again', async (_what, meddle) => {
    expect(await afterMeddling(meddle, { before: 0 })).toBe(1);
  });

  it('for a write that may be what was damaged since', async () => {
    const memory = createMemoryStore({ mismatchCarriesEntry: true });
    const updater = createUpdater(memory);
    await increment(updater);
    const { put } = memory;
    let late = (): Promise<unknown> => Promise.resolve();
    const store = Object.assign(Object.create(memory), {
      async put(...call: Parameters<typeof put>) {
        await late();
        late = async () => {
          await put(...call);
          await put('n', 'norikv:1 damaged');
        };
        return puts++ === 0 ? Promise.reject(new UnavailableError('no answer yet')) : put(...call);
      },
    });
    let puts = 0;
    const outcome = await increment(createUpdater(store)).catch((error: unknown) => error);
    expect(outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: 'unknown' });
  });

  it('when the store stays away, at the deadline', async () => {
    const { clock, store, updater } = setUp();
    await clock.run(increment(updater));
    store.faults.next('put', 'lost-reply');
    store.faults.next('get', ...Array.from({ length: 1_000 }, () => 'outage' as const));
    const error = await clock.run(increment(updater, 'n', { deadlineMs: 500 }).catch((e: unknown) => e));
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  it('for a plain value that changed meanwhile; one that did not is written again', async () => {
    const plain = { ...numberCodec, plain: true };
    const { clock, counted, store, updater } = setUp();
    const add = (): Promise<number> =>
      updater.update('n', plain, (current = 0) => write(current + 1, current + 1));
    await clock.run(add());
    store.faults.next('put', 'lost-request');
    expect(await clock.run(add())).toBe(2);
    store.faults.next('put', 'lost-reply');
    expect(await clock.run(add().catch((e: unknown) => e))).toBeInstanceOf(OutcomeUnknownError);
    expect(new TextDecoder().decode((await clock.run(counted.get('n'))).value)).toBe('3');
  });

  it('not where each read gives a version object of its own', async () => {
    const { clock, store } = setUp();
    const copying = {
      ...store,
      find: async (key: Key) => {
        const entry = await find(store, key);
        return entry && { ...entry, version: { ...entry.version } };
      },
    };
    const updater = createUpdater(copying, { clock });
    await clock.run(increment(updater));
    store.faults.next('put', 'lost-request');
    expect(await clock.run(increment(updater))).toBe(2);
  });

  it('not for a record that had marks, however long its tombstone would be over', async () => {
    const lostToAnother = async (memory: object): Promise<void> => {
      await otherWrites(memory, 1);
      await delay(5);
    };
    const options = { tombstoneTtlMs: 1 };
    expect(await afterMeddling(lostToAnother, { applied: false, options })).toBe(3);
  });

  it('for an error that says nothing: looked at once, never repeated', async () => {
    for (const applied of [true, false]) {
      const memory = createMemoryStore();
      const updater0 = createUpdater(memory);
      await increment(updater0);
      let puts = 0;
      const store = Object.assign(Object.create(memory), {
        async put(...call: Parameters<typeof memory.put>) {
          puts += 1;
          if (applied) await memory.put(...call);
          throw new TypeError('a bug in a client');
        },
      });
      const outcome = await increment(createUpdater(store)).catch((error: unknown) => error);
      if (applied) expect(outcome).toBe(2);
      else
        expect(outcome).toMatchObject({ code: 'OUTCOME_UNKNOWN', cause: new TypeError('a bug in a client') });
      expect(puts).toBe(1);
    }
  });

  it('for an error that says nothing, when the race was lost: it is that error, as nothing was applied', async () => {
    const memory = createMemoryStore();
    const rival = createUpdater(countCalls(memory));
    await increment(rival);
    const store = Object.assign(Object.create(memory), {
      async put() {
        await increment(rival);
        throw new TypeError('a bug in a client');
      },
    });
    await expect(increment(createUpdater(store))).rejects.toThrow(new TypeError('a bug in a client'));
  });
});
