import { find, isNoriKVError } from '@norikv/store';
import type { RaceProcess, ScheduleFault, ScheduleWorld } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  drawn,
  everySchedule,
  allFaults as faults,
  load,
  maxFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { BufferedCounter, DistributedCounter, ShardedCounter } from '../src/index.js';

/** The sum of what was added, as far as its callers know. */
class Tally {
  #least = 0n;
  #most = 0n;

  /** Adds, and notes what becomes of it. What is negative cannot be noted. */
  async add(delta: bigint, adding: () => Promise<unknown>): Promise<void> {
    this.#most += delta;
    try {
      await adding();
      this.#least += delta;
    } catch (error) {
      if (!isNoriKVError(error)) throw error;
      if (error.outcome === 'not-applied') this.#most -= delta;
    }
  }

  check(sum: bigint): void {
    if (sum < this.#least || sum > this.#most) {
      throw new Error(`The sum is ${sum}, and should be from ${this.#least} to ${this.#most}`);
    }
  }
}

type Program = (process: RaceProcess, tally: Tally) => Promise<unknown>;

const distributed = ({ store }: ScheduleWorld): Promise<bigint> => new DistributedCounter(store, 'n').value();

/** Lets processes count; then the counter must have what they were told. */
async function explore(
  programs: readonly Program[],
  total = distributed,
  possible: readonly ScheduleFault[] = faults,
): Promise<number> {
  const schedules = await everySchedule(
    async (world) => {
      const tally = new Tally();
      await world.race(...programs.map((program) => (process: RaceProcess) => program(process, tally)));
      tally.check(await total(world));
    },
    { faults: possible, maxFaults },
  );
  return schedules;
}

const counterOf = ({ store, clock, random }: RaceProcess): DistributedCounter =>
  new DistributedCounter(store, 'n', { clock, random });

const add: Program = (process, tally) => tally.add(1n, () => counterOf(process).add(1));

describe('no schedule breaks that', () => {
  it('a counter has what was added', async () => {
    expect(await explore([add, add])).toBeGreaterThan(3);
  });

  it('an operation counts once, whoever repeats it', async () => {
    const schedules = await everySchedule(
      async ({ race, store }) => {
        const once = async (process: RaceProcess) => counterOf(process).add(1, { opId: 'order 7' });
        const ends = await race(once, once);
        const sum = await new DistributedCounter(store, 'n').value();
        const told = ends.filter((end) => end.status === 'fulfilled').map((end) => end.value);
        expect(told.every((value) => value === 1n)).toBe(true);
        expect(sum).toBeLessThanOrEqual(1n);
        if (told.length > 0) expect(sum).toBe(1n);
      },
      { faults, maxFaults },
    );
    expect(schedules).toBeGreaterThan(5);
  });

  it('what a reset returns and what is added later are all there is', async () => {
    const schedules = await everySchedule(
      async ({ race, store }) => {
        const tally = new Tally();
        const [, reset] = await race(
          (process) => add(process, tally),
          (process) => counterOf(process).reset(),
        );
        // What a reset took away whose answer is missing cannot be counted.
        if (reset.status === 'fulfilled')
          tally.check(reset.value + (await new DistributedCounter(store, 'n').value()));
      },
      { faults, maxFaults },
    );
    expect(schedules).toBeGreaterThan(3);
  });

  it('a bound holds', async () => {
    const schedules = await everySchedule(
      async ({ race, store }) => {
        const take = ({ store: own, clock, random }: RaceProcess) =>
          new DistributedCounter(own, 'n', { clock, random, bounds: { max: 1 } }).increment();
        const ends = await race(take, take);
        const taken = ends.filter(({ status }) => status === 'fulfilled').length;
        const value = await new DistributedCounter(store, 'n').get();
        expect(value).toBeGreaterThanOrEqual(taken);
        expect(value).toBeLessThanOrEqual(1);
      },
      { faults, maxFaults },
    );
    expect(schedules).toBeGreaterThan(3);
  });

  it('three processes that add, reset and repeat within bounds agree, in what is drawn', async () => {
    const bounds = { min: 0, max: 4 };
    const schedules = await everySchedule(
      async ({ race, store }) => {
        const tally = new Tally();
        const boundedOf = ({ store: own, clock, random }: RaceProcess) =>
          new DistributedCounter(own, 'n', { clock, random, bounds });
        const addTo = (process: RaceProcess, delta: bigint, opId?: string) =>
          tally.add(delta, async () => {
            expect(await boundedOf(process).add(delta, { opId })).toBeLessThanOrEqual(4n);
          });
        const ends = await race(
          async (process) => {
            await addTo(process, 2n);
            await addTo(process, 1n, 'order 7');
            return boundedOf(process).reset(0, { opId: 'close' });
          },
          async (process) => {
            const taken = await boundedOf(process).reset(0, { opId: 'close' });
            await Promise.all([addTo(process, 3n), addTo(process, 1n)]);
            return taken;
          },
          async (process) => {
            await addTo(process, 1n);
            await addTo(process, 2n);
            return boundedOf(process).reset(0, { opId: 'close' });
          },
        );
        const handed = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
        expect(new Set(handed).size).toBeLessThanOrEqual(1);
        const value = await new DistributedCounter(store, 'n').value();
        expect(value).toBeLessThanOrEqual(4n);
        if (handed[0] !== undefined) tally.check(handed[0] + value);
      },
      { faults, maxFaults: 3, maxDelays: 1, ...drawn(300) },
    );
    expect(schedules).toBeGreaterThanOrEqual(300);
  });

  it('shards that grow have what was added', async () => {
    let grown = 0;
    const addTwice: Program = async ({ store, clock, random }, tally) => {
      const counter = new ShardedCounter(store, 'n', 2, { clock, random });
      for (let times = 0; times < 2; times += 1) await tally.add(1n, () => counter.add(1));
    };
    const total = async ({ store }: ScheduleWorld): Promise<bigint> => {
      if (await find(store, 'n:shards')) grown += 1;
      return new ShardedCounter(store, 'n', 2).value();
    };
    const schedules = await explore([addTwice, addTwice], total, ['lost-reply', 'crash']);
    // Who is drawn meets nobody as a rule.
    expect(grown).toBeGreaterThan(load > 1 ? 10 : schedules / 2);
  });

  it('a total has what its process has added', async () => {
    const addAndRead: Program = async ({ store, clock, random }, tally) => {
      const counter = new ShardedCounter(store, 'n', 2, { clock, random });
      await tally.add(1n, () => counter.add(1));
      expect(await counter.value()).toBeGreaterThanOrEqual(1n);
    };
    const total = ({ store }: ScheduleWorld) => new ShardedCounter(store, 'n', 2).value();
    expect(await explore([addAndRead, addAndRead], total)).toBeGreaterThan(20);
  });

  it('a buffer stores once what is flushed', async () => {
    const buffered: Program = async ({ store, clock, random }, tally) => {
      const counter = new BufferedCounter(store, 'n', { clock, random });
      await counter.add(1);
      await tally.add(1n, () => counter.close());
    };
    expect(await explore([buffered, buffered])).toBeGreaterThan(3);
  });
});

describe('the schedules notice', () => {
  it('an operation that is repeated without its id', async () => {
    const twice: Program = async (process, tally) => {
      await tally.add(1n, () => counterOf(process).add(1));
      await counterOf(process).add(1, { opId: 'order 7' });
    };
    await expect(explore([twice])).rejects.toThrow('The sum is 2');
  });
});
