import type { KvStore } from '@norikv/store';
import type { RaceProcess, ScheduleWorld } from '@norikv/testkit';
import { expect, vi } from 'vitest';
import {
  drawn,
  everySchedule,
  allFaults as faults,
  maxFaults as usualFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { SessionManager, type SessionManagerOptions } from '../src/index.js';
import { memoryStore } from './engines.js';
import { minute } from './world.js';

export type World = ScheduleWorld;
type Options = Pick<SessionManagerOptions, 'maxSessions' | 'whenFull'>;

/** A process of a race, or the one that sets up and looks after it. */
export type Place = Pick<RaceProcess, 'store' | 'clock'> & Partial<RaceProcess>;

export interface Terms {
  /** How many faults a schedule has at most. Default: as the load says. */
  readonly maxFaults?: number;
  /** How often time may pass early. Default: never. */
  readonly maxDelays?: number;
  /** For a race that is too large for all schedules: how many are drawn at random. */
  readonly count?: number;
  /** What comes between all and the store. */
  readonly wrap?: (store: KvStore) => KvStore;
}

/** Runs a scenario under every schedule. Ids are counted: no schedule may differ from another by chance. */
export async function explore(
  scenario: (world: World) => Promise<void>,
  { maxFaults = usualFaults, maxDelays = 0, count, wrap = (store) => store }: Terms = {},
): Promise<number> {
  const random = vi.spyOn(crypto, 'getRandomValues');
  try {
    return await everySchedule<KvStore>(
      (world) => {
        let ids = 0;
        random.mockImplementation((bytes) => {
          ids += 1;
          if (bytes instanceof Uint8Array) bytes.set([ids >> 8, ids]);
          return bytes;
        });
        return scenario(world);
      },
      {
        faults,
        maxFaults,
        maxDelays,
        createStore: (clock) => wrap(memoryStore({ clock })),
        ...(count && drawn(count)),
      },
    );
  } finally {
    random.mockRestore();
  }
}

/** The sessions as a process sees them. */
export function sessionsIn({ store, clock, random }: Place, options: Options = {}): SessionManager {
  return new SessionManager(store, 30 * minute, { clock, random, ...options });
}

/** Signs alice in. */
export function signIn(place: Place, options: Options = {}): Promise<string> {
  return sessionsIn(place, options).create('alice', 'alice@example.com', []);
}

export function expectOver(world: World, ids: readonly (string | null | undefined)[]): Promise<void> {
  return expectOpen(
    world,
    ids.map((id) => [id, false]),
  );
}

/** Looks whether ids open a door, and that the list has as many sessions as do. */
export async function expectOpen(
  world: World,
  ids: readonly (readonly [id: string | null | undefined, isOpen: boolean])[],
): Promise<void> {
  const sessions = sessionsIn(world);
  for (const [id, isOpen] of ids) {
    expect(await sessions.validate(id)).toBe(isOpen);
    if (!isOpen) expect(await sessions.update(id, (session) => session)).toBe(false);
  }
  expect(await sessions.list('alice')).toHaveLength(ids.filter(([, isOpen]) => isOpen).length);
}
