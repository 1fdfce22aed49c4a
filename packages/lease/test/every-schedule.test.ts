import { bytesToString, type Clock } from '@norikv/store';
import {
  createMemoryStore,
  type ExploreOptions,
  type MemoryStore,
  type RaceProcess,
  type ScheduleWorld,
} from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  allFaults,
  everySchedule,
  maxFaults,
  pause,
  withoutConditions,
} from '../../testkit/test/every-schedule/every-schedule.js';
import {
  createLeases,
  fencedGet,
  fencedPut,
  fencedSeal,
  LeaderElection,
  type Lease,
  type Leases,
  type LeasesOptions,
} from '../src/index.js';
import { Witness } from './witness.js';

/** Few store calls in a ttl, so that there are few schedules. */
const times = { renewEveryMs: 30, requestTimeoutMs: 30, pollMs: 100 };
const ttlMs = 100;
const byHand = { autoRenew: false };

type World = ScheduleWorld<MemoryStore>;

async function explore(
  scenario: (world: World) => Promise<void>,
  limits: Pick<ExploreOptions, 'faults' | 'maxFaults' | 'maxDelays'> = {},
): Promise<number> {
  return await everySchedule(scenario, {
    faults: allFaults,
    maxFaults,
    createStore: (clock) => createMemoryStore({ clock, capabilities: { durableAck: true } }),
    ...limits,
  });
}

/** A clock of a process that runs at its own rate. */
function drifted({ clock }: RaceProcess, rate: number): Clock {
  const start = clock.now();
  const monotonic = (): number => clock.monotonic() * rate;
  return {
    monotonic,
    now: () => Math.floor(start + monotonic()),
    startTimer: (callback, delayMs) => clock.startTimer(callback, delayMs / rate),
  };
}

function open({ store, clock, random, name }: RaceProcess, options: LeasesOptions = {}): Leases {
  return createLeases(store, { clock, random, owner: name, ttlMs, ...times, ...options });
}

describe('no schedule gives a lease to two, or a token twice', () => {
  it('that try once and give it back, and it is free after that', async () => {
    const schedules = await explore(async ({ race, store, clock }) => {
      const witness = new Witness();
      const tryOnce = async (process: RaceProcess): Promise<void> => {
        const lease = await open(process).tryAcquire('a', byHand);
        if (lease) await witness.show(lease).release();
      };
      const ends = await race(tryOnce, tryOnce);
      const after = createLeases(store, { clock, ttlMs, ...times });
      const isFree = ends.every(({ status }) => status === 'fulfilled');
      const next = await clock.run(isFree ? after.tryAcquire('a') : after.acquire('a'));
      expect(next).not.toBeNull();
      if (next) witness.show(next);
    });
    expect(schedules).toBeGreaterThan(300);
  });

  it('where a release meets a renewal', async () => {
    const schedules = await explore(async ({ race }) => {
      const witness = new Witness();
      const renewAndRelease = async (process: RaceProcess): Promise<void> => {
        const lease = await open(process).acquire('a', byHand);
        witness.show(lease);
        await Promise.allSettled([lease.renew(), lease.release()]);
      };
      const wait = async (process: RaceProcess): Promise<void> => {
        witness.show(await open(process).acquire('a', { ...byHand, waitMs: 150 }));
      };
      await race(renewAndRelease, wait);
    });
    expect(schedules).toBeGreaterThan(150);
  });

  it('where one gives back what it may have got, and another has it', async () => {
    const tryOnce = (process: RaceProcess): Promise<Lease | null> => open(process).tryAcquire('a', byHand);
    const schedules = await explore(
      async ({ race, store, clock }) => {
        const witness = new Witness();
        const giveBack = async (process: RaceProcess): Promise<void> => {
          const lease = await tryOnce(process);
          if (lease) await witness.show(lease).release();
        };
        const [, end] = await race(giveBack, tryOnce);
        const lease = end.status === 'fulfilled' ? end.value : null;
        if (!lease?.isHeld()) return;
        expect(await createLeases(store, { clock }).holder('a')).toMatchObject({ token: lease.token });
      },
      { maxDelays: 2, maxFaults: 0 },
    );
    expect(schedules).toBeGreaterThan(300);
  });

  /** One holds it for as long as it can, by a slow clock, and one waits for it, by a fast one. */
  const takeOver = (slow: number, fast: number) => {
    return async ({ race }: World): Promise<void> => {
      const witness = new Witness();
      const hold = async (process: RaceProcess): Promise<void> => {
        const lease = await open(process, { clock: drifted(process, slow) }).acquire('a', {
          ...byHand,
          waitMs: 0,
        });
        witness.show(lease);
        await pause(process.clock, 30);
        await lease.renew().catch(() => {});
        await lease.lost;
      };
      const wait = async (process: RaceProcess): Promise<void> => {
        // As the renewal is made: this is what it must see.
        await pause(process.clock, 30);
        witness.show(await open(process, { clock: drifted(process, fast) }).acquire('a', byHand));
      };
      const [, { status }] = await race(hold, wait);
      expect(status).not.toBe('rejected');
    };
  };

  it('where one takes over from another, and the clocks are 5 % too slow and too fast', async () => {
    expect(await explore(takeOver(0.95, 1.05), { maxDelays: 1 })).toBeGreaterThan(300);
    expect(await explore(takeOver(0.95, 1.05), { maxDelays: 2, maxFaults: 0 })).toBeGreaterThan(100);
  });

  it('which the schedules notice, where the clocks are further apart', async () => {
    const drifting = explore(takeOver(0.85, 1.1), { maxDelays: 2, maxFaults: 0 });
    await expect(drifting).rejects.toThrow('to be less than or equal to 1');
  });
});

describe('no schedule gives more slots of a semaphore', () => {
  it('than it has', async () => {
    const schedules = await explore(async ({ race }) => {
      const witness = new Witness();
      const tryOnce = async (process: RaceProcess): Promise<void> => {
        const lease = await open(process).semaphore('s', 1).tryAcquire(byHand);
        if (lease) await witness.show(lease).release();
      };
      await race(tryOnce, tryOnce);
    });
    expect(schedules).toBeGreaterThan(1_000);
  });

  it('than it has, to three that want one of two', async () => {
    const schedules = await explore(
      async ({ race, store, clock }) => {
        const opened = createLeases(store, { clock, ttlMs, ...times }).semaphore('s', 2);
        await clock.run((await clock.run(opened.acquire())).release());
        const witness = new Witness(2);
        const keep = async (process: RaceProcess): Promise<void> => {
          const lease = await open(process).semaphore('s', 2).tryAcquire(byHand);
          if (lease) witness.show(lease);
        };
        await race(keep, keep, keep);
      },
      { maxFaults: 0 },
    );
    expect(schedules).toBeGreaterThan(10);
  });
});

describe('no schedule loses what a leader was told is written', () => {
  /** Each adds its name to a list, as leader; `before` is how it gets the list. */
  const append = (before: (process: RaceProcess, token: bigint) => Promise<Uint8Array | null>) => {
    return async ({ race, store }: World): Promise<void> => {
      const lead =
        (waitMs: number) =>
        async (process: RaceProcess): Promise<string> => {
          const { clock, random, name } = process;
          const lease = await open(process).acquire('a', { ...byHand, waitMs });
          const list = bytesToString((await before(process, lease.token)) ?? new Uint8Array());
          await fencedPut(process.store, 'list', list + name, lease.token, { clock, random });
          return name;
        };
      const ends = await race(lead(0), lead(150));
      const list = bytesToString((await fencedGet(store, 'list'))?.value ?? new Uint8Array());
      const told = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
      expect([...list]).toEqual(expect.arrayContaining(told));
      expect(list.length).toBeLessThanOrEqual(2);
    };
  };

  it('that seals before it decides', async () => {
    const sealed = append(({ store, clock, random }, token) =>
      fencedSeal(store, 'list', token, { clock, random }),
    );
    expect(await explore(sealed)).toBeGreaterThan(100);
    expect(await explore(sealed, { maxDelays: 2, maxFaults: 0 })).toBeGreaterThan(20);
  });

  it('which the schedules notice, where it only reads', async () => {
    const read = append(async ({ store }) => (await fencedGet(store, 'list'))?.value ?? null);
    await expect(explore(read, { maxDelays: 2, maxFaults: 0 })).rejects.toThrow('Schedule');
  });
});

describe('no schedule of an election', () => {
  it('has two leaders, or one that begins before the work of another that leaves has ended', async () => {
    const schedules = await explore(
      async ({ race }) => {
        const witness = new Witness();
        /** Whose work is not done, although its leader has left. */
        const leaving = new Set<string>();
        const takePart = async (process: RaceProcess, untilMs: number): Promise<void> => {
          const { clock, name } = process;
          const lead = async (lease: Lease): Promise<void> => {
            expect([...leaving]).toEqual([]);
            witness.show(lease);
            if ((await lease.lost) !== 'released') return;
            leaving.add(name);
            await pause(clock, 90);
            leaving.delete(name);
          };
          const election = open(process, { pollMs: 50, onEvent: witness.onEvent }).elect('e', { lead });
          await election.ready;
          await pause(clock, untilMs);
          await election.stop();
          expect(election.health()).toMatchObject({ role: 'stopped', healthy: true });
        };
        await race(
          (process) => takePart(process, 20),
          (process) => takePart(process, 120),
        );
        expect(witness.errors).toEqual([]);
      },
      // Nobody is told that the work of a process ended because that crashed.
      { faults: allFaults.filter((fault) => fault !== 'crash') },
    );
    expect(schedules).toBeGreaterThan(100);
  });

  it('lets a node that starts again lead before its callbacks have ended', async () => {
    const schedules = await explore(async ({ race }) => {
      const { errors, onEvent } = new Witness();
      const takePart = async (process: RaceProcess, workMs: number): Promise<void> => {
        const { store, clock, random, name } = process;
        const election = new LeaderElection(store, 'e', name, ttlMs, { clock, random, onEvent, ...times });
        let leading = 0;
        const lead = async (): Promise<void> => {
          leading += 1;
          expect(leading).toBe(1);
          await pause(clock, workMs);
          leading -= 1;
        };
        await election.start(lead);
        await election.stop();
        expect(election.getIsLeader()).toBe(false);
        await election.start(lead);
        await pause(clock, 150);
        await election.stop();
      };
      await race(
        (process) => takePart(process, 300),
        (process) => takePart(process, 0),
      );
      expect(errors).toEqual([]);
    });
    expect(schedules).toBeGreaterThan(100);
  });
});

it('the schedules notice a store that ignores conditions', async () => {
  const ignored = explore(
    async ({ race }) => {
      const witness = new Witness();
      const tryOnce = async (process: RaceProcess): Promise<void> => {
        const store = withoutConditions(process.store);
        const lease = await open({ ...process, store }).tryAcquire('a', byHand);
        if (lease) witness.show(lease);
      };
      await race(tryOnce, tryOnce);
    },
    { maxFaults: 0 },
  );
  await expect(ignored).rejects.toThrow('Schedule');
});
