import type { Clock } from '@norikv/store';
import {
  createMemoryStore,
  exploreSchedules,
  type RaceProcess,
  type ScheduleWorld,
  seededRandom,
} from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  allFaults,
  load,
  pause,
  unlessFault,
  withoutConditions,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { LeaderElection } from '../src/index.js';
import { Witness } from './witness.js';

const ttlMs = 100;
const times = { renewEveryMs: 30, requestTimeoutMs: 30, pollMs: 50 };

/** Three nodes start, stop and start again, each in an order drawn for it, with callbacks that take their time. */
function restarts(random: () => number, ofProcess = (process: RaceProcess) => process) {
  const draw = <Item>(...items: readonly [Item, ...Item[]]): Item =>
    items[Math.floor(random() * items.length)] ?? items[0];
  return async ({ race, store, clock }: ScheduleWorld): Promise<void> => {
    const witness = new Witness();
    /** Callbacks throw to nobody. */
    const check = (assert: () => void): void => {
      try {
        assert();
      } catch (mistake) {
        witness.errors.push(mistake);
      }
    };

    const node = () => {
      const calls = Array.from({ length: 4 }, () => ({
        kind: draw('start', 'stop', 'stop later', 'pause'),
        workMs: draw(0, 20, 400),
        endMs: draw(0, 20),
      }));
      return async (process: RaceProcess): Promise<void> => {
        const { store, clock, random, name } = ofProcess(process);
        const election = new LeaderElection(store, 'e', name, ttlMs, { clock, random, ...times });
        const count = { became: 0, lost: 0, busy: 0 };
        const stops: Promise<void>[] = [];
        const start = (workMs: number, endMs: number): Promise<void> =>
          election.start(
            async (lease) => {
              count.became += 1;
              check(() => expect(count.busy).toBe(0));
              check(() => void witness.show(lease));
              count.busy += 1;
              await pause(clock, workMs);
              count.busy -= 1;
            },
            async () => {
              count.lost += 1;
              count.busy += 1;
              await pause(clock, endMs);
              count.busy -= 1;
            },
          );
        for (const { kind, workMs, endMs } of [...calls, { kind: 'stop', workMs: 0, endMs: 0 }]) {
          if (kind === 'start') await start(workMs, endMs).catch(unlessFault);
          else if (kind === 'pause') await pause(clock, 150);
          else {
            stops.push(election.stop());
            expect(election.getIsLeader()).toBe(false);
            if (kind === 'stop') await Promise.all(stops);
          }
        }
        // A callback may outlast `stop`.
        await pause(clock, 500);
        expect(count).toEqual({ became: count.became, lost: count.became, busy: 0 });
      };
    };
    await race(node(), node(), node());
    expect(witness.errors).toEqual([]);
    const last = new LeaderElection(store, 'e', 'last', ttlMs, { clock, random: () => 0.5, ...times });
    await clock.run(last.start());
    await clock.advance(ttlMs + 2 * times.pollMs);
    expect(last.getIsLeader()).toBe(true);
    await clock.run(last.stop());
  };
}

const createStore = (clock: Clock) => createMemoryStore({ clock, capabilities: { durableAck: true } });

it('no schedule of three nodes that start again has two leaders', { timeout: 60_000 * load }, async () => {
  const random = seededRandom(1);
  const limits = { faults: allFaults, maxFaults: 3, maxDelays: 2, random, createStore };
  const { schedules } = await exploreSchedules(restarts(random), {
    ...limits,
    maxSchedules: Math.ceil(300 * load),
  });
  expect(schedules).toBe(Math.ceil(300 * load));
});

it('which they notice, where a store ignores conditions', async () => {
  const random = seededRandom(1);
  const careless = restarts(random, (process) => ({ ...process, store: withoutConditions(process.store) }));
  await expect(exploreSchedules(careless, { random, createStore })).rejects.toThrow('Schedule');
});
