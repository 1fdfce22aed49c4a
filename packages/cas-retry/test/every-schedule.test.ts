import type { KvStore } from '@norikv/store';
import type { MemoryStoreOptions, RaceProcess, ScheduleFault } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  allFaults,
  drawn,
  everySchedule,
  maxFaults,
  withoutConditions,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { createUpdater, remove, type Updater, type UpdaterOptions } from '../src/index.js';
import { bookCodec, type NotingStore, notingStore, sign, Told } from './signatures.js';

const updaterOf = ({ store, clock, random }: RaceProcess, options: UpdaterOptions = {}): Updater =>
  createUpdater(store, { clock, random, ...options });

/** What a process does with an updater. */
type Program = (updater: Updater, told: Told, process: RaceProcess) => Promise<void>;

const signing = (...suffixes: readonly string[]): Program => {
  return async (updater, told, { name }) => {
    for (const suffix of suffixes) await told.note(name + suffix, sign(updater, name + suffix));
  };
};

interface Terms {
  readonly memory?: MemoryStoreOptions;
  readonly updater?: UpdaterOptions;
  readonly maxDelays?: number;
  readonly without?: readonly ScheduleFault[];
  /** What comes between a process and its store. */
  readonly wrap?: (store: KvStore) => KvStore;
  /** What the key holds before. */
  readonly before?: string;
  /** How many schedules are drawn of those with up to three faults, where there are too many for all. */
  readonly count?: number;
}

/** Lets processes write, and compares what they were told with what was written. */
async function explore(programs: readonly Program[], terms: Terms = {}): Promise<number> {
  const { maxDelays = 0, without = [], wrap = (store) => store, before, count } = terms;
  return await everySchedule<NotingStore>(
    async ({ race, store }) => {
      const told = new Told();
      if (before !== undefined) await store.put('book', before);
      await race(
        ...programs.map((program) => (process: RaceProcess) => {
          const updater = updaterOf({ ...process, store: wrap(process.store) }, terms.updater);
          return program(updater, told, process);
        }),
      );
      told.check(store.written);
    },
    {
      faults: allFaults.filter((fault) => !without.includes(fault)),
      maxFaults: count ? 3 : maxFaults,
      maxDelays,
      createStore: (clock) => notingStore({ clock, ...terms.memory }),
      ...(count && drawn(count)),
    },
  );
}

describe('no schedule breaks that an update is written once if its caller was told so, and never twice', () => {
  it.each<[string, MemoryStoreOptions]>([
    ['a lost race tells what is there', {}],
    ['a lost race tells nothing', { mismatchCarriesEntry: false }],
    ['the version of a put says nothing', { capabilities: { putVersionUsable: false } }],
  ])('where %s', async (_name, memory) => {
    expect(await explore([signing('a', 'b'), signing('a')], { memory })).toBeGreaterThan(5);
  });

  it('where callers share a process, and a write', async () => {
    const both: Program = async (updater, told) => {
      await Promise.all(['first', 'second'].map((name) => told.note(name, sign(updater, name))));
    };
    expect(await explore([both, signing('a')])).toBeGreaterThan(5);
  });

  it('where time runs out meanwhile', async () => {
    const updater = { deadlineMs: 40, attemptTimeoutMs: 15 };
    expect(await explore([signing('a'), signing('a')], { updater, maxDelays: 1 })).toBeGreaterThan(5);
  });

  const passing = (...suffixes: readonly string[]): Program => {
    return async (updater, told, { name }) => {
      for (const suffix of suffixes)
        await told.note(name + suffix, sign(updater, name + suffix, { ttlMs: 10 }));
    };
  };
  // A copy of a create that comes when the record is gone creates it again, see docs/decisions/0020.
  const copies: readonly ScheduleFault[] = ['delayed-delivery', 'duplicated-delivery'];

  it('where the record expires meanwhile', async () => {
    expect(await explore([passing('a'), passing('a')], { maxDelays: 1, without: copies })).toBeGreaterThan(5);
  });

  it('where a record that another program wrote expires meanwhile', async () => {
    const without: readonly ScheduleFault[] = [...copies, 'lost-request', 'crash'];
    const terms: Terms = { before: 'old', maxDelays: 1, without };
    expect(await explore([passing('a'), passing('a', 'b')], terms)).toBeGreaterThan(5);
  });

  it('where the caller gives up meanwhile', async () => {
    const impatient: Program = async (updater, told, { name, clock }) => {
      const leaving = new AbortController();
      clock.startTimer(() => leaving.abort(), 5);
      await told.note(name, sign(updater, name, { signal: leaving.signal }));
    };
    expect(await explore([impatient, signing('a')], { maxDelays: 1 })).toBeGreaterThan(5);
  });

  const removing: Program = async (updater) => {
    await updater.update('book', bookCodec, () => remove(undefined)).catch(() => {});
  };

  it('where the record is removed meanwhile', async () => {
    expect(await explore([signing('a', 'b'), removing])).toBeGreaterThan(5);
  });

  it('where the record is removed meanwhile, and its tombstone is over', async () => {
    const terms: Terms = { updater: { tombstoneTtlMs: 20 }, maxDelays: 1, without: copies };
    expect(await explore([signing('a'), removing], terms)).toBeGreaterThan(5);
  });
});

describe('no schedule that is drawn breaks it', () => {
  /** Callers that leave one after the other, and one who comes later and has time. */
  const crowd: Program = async (updater, told, { name, clock }) => {
    const signing = [1, 2, 3].map((leavesAtMs) => {
      const leaving = new AbortController();
      clock.startTimer(() => leaving.abort(), leavesAtMs);
      const { signal } = leaving;
      return told.note(name + leavesAtMs, sign(updater, name + leavesAtMs, { signal }));
    });
    await Promise.all(signing);
    await told.note(name, sign(updater, name));
  };
  const race = [crowd, crowd, signing('a', 'b')];
  const terms: Terms = {
    updater: { deadlineMs: 40, attemptTimeoutMs: 15, maxBatch: 2 },
    maxDelays: 3,
    count: 600,
  };

  it('where three processes have callers that leave, and little time', async () => {
    expect(await explore(race, terms)).toBeGreaterThanOrEqual(600);
  });

  it('but on a store that ignores conditions', async () => {
    await expect(explore(race, { ...terms, wrap: withoutConditions })).rejects.toThrow('was written');
  });
});

describe('the schedules notice', () => {
  it('a store that ignores conditions', async () => {
    const careless = explore([signing('a'), signing('a')], { wrap: withoutConditions });
    await expect(careless).rejects.toThrow('was written');
  });
});
