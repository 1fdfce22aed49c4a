import { createEphemeral } from '@norikv/embedded';
import { type Clock, type KvStore, systemClock } from '@norikv/store';
import { createMemoryStore, FakeClock, type FaultOptions } from '@norikv/testkit';
import { wallClock } from './engines.js';

/** A store, and how time passes for the processes that use it. */
export interface Timeline {
  readonly store: KvStore & AsyncDisposable;
  /** How long things take on the way to the store. */
  readonly network: Pick<FaultOptions, 'clock' | 'latencyMs' | 'delayMs' | 'outageMs'>;
  /** The clock of a process, ahead of the others by so much. */
  clockOf(aheadMs: number): Clock;
  advance(ms: number): Promise<void>;
  run<Result>(work: Promise<Result>): Promise<Result>;
}

/** Time is virtual throughout, so that a run can be repeated. */
async function memoryTimeline(): Promise<Timeline> {
  const clock = new FakeClock();
  return {
    store: createMemoryStore({ clock }),
    network: { clock, latencyMs: 1, delayMs: 7, outageMs: 40 },
    clockOf: (aheadMs) => clock.drifted(1, aheadMs),
    advance: (ms) => clock.advance(ms),
    run: (work) => clock.run(work),
  };
}

/** Only the time of day is virtual: an engine that does real work needs real timers. */
async function embeddedTimeline(): Promise<Timeline> {
  const clock = wallClock();
  return {
    store: await createEphemeral(),
    network: { clock: systemClock, delayMs: 1, outageMs: 4 },
    clockOf: (aheadMs) => ({ ...clock, now: () => clock.now() + aheadMs }),
    advance: async (ms) => clock.advance(Math.floor(ms)),
    run: (work) => work,
  };
}

/** A timeline on every engine. */
export const timelines: readonly {
  readonly engine: string;
  readonly open: () => Promise<Timeline>;
}[] = [
  { engine: 'memory', open: memoryTimeline },
  { engine: 'embedded', open: embeddedTimeline },
];
