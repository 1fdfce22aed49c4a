import { bytesToString, type KvStore, stringToBytes } from '@norikv/store';
import { type CountedStore, countCalls, createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import { type Codec, createUpdater, type Updater, type UpdaterOptions, write } from '../src/index.js';

/** A whole number as decimal text. */
export const numberCodec: Codec<number> = {
  encode: (state) => stringToBytes(String(state)),
  decode(bytes) {
    const text = bytesToString(bytes);
    if (!/^-?\d+$/.test(text)) throw new Error(`not a number: ${text}`);
    return Number(text);
  },
};

export const increment = (updater: Updater, key = 'n', options = {}): Promise<number> =>
  updater.update(key, numberCodec, (current = 0) => write(current + 1, current + 1), options);

/** One process: an updater over a store object of its own, as a client in another process would have. */
export interface Process {
  readonly store: CountedStore;
  readonly updater: Updater;
  readonly random: () => number;
}

/** Several processes over one store, in virtual time, with a round trip of about 2 ms. */
export function simulate(
  processCount: number,
  {
    seed = 1,
    carriesEntry = false,
    options = {},
  }: { seed?: number; carriesEntry?: boolean; options?: UpdaterOptions } = {},
): { clock: FakeClock; memory: KvStore; processes: Process[]; roundTripMs: number } {
  const clock = new FakeClock();
  const latencyRandom = seededRandom(seed);
  const memory = createMemoryStore({
    clock,
    latencyMs: () => 1.6 + 0.8 * latencyRandom(),
    mismatchCarriesEntry: carriesEntry,
  });
  const processes = Array.from({ length: processCount }, (_, number) => {
    const random = seededRandom(seed * 1_000 + number);
    const store = countCalls(memory);
    return { store, random, updater: createUpdater(store, { clock, random, ...options }) };
  });
  return { clock, memory, processes, roundTripMs: 2 };
}

/** What a closed loop came to: each caller starts its next update when the last one is done. */
export interface LoopResult {
  readonly updates: number;
  readonly callsPerUpdate: number;
  readonly slowestShare: number;
  readonly oldestPendingRoundTrips: number;
  readonly updatesPerRoundTrip: number;
}

export async function closedLoop(
  { clock, processes, roundTripMs }: ReturnType<typeof simulate>,
  callers: number,
  durationMs: number,
): Promise<LoopResult> {
  const done = processes.map(() => 0);
  let oldestMs = 0;
  const endsAt = clock.monotonic() + durationMs;
  await clock.run(() =>
    Promise.all(
      processes.flatMap(({ updater }, number) =>
        Array.from({ length: callers }, async () => {
          while (clock.monotonic() < endsAt) {
            const startedAt = clock.monotonic();
            await increment(updater, 'n', { deadlineMs: 1e6 });
            if (clock.monotonic() <= endsAt) done[number] = (done[number] ?? 0) + 1;
            oldestMs = Math.max(oldestMs, clock.monotonic() - startedAt);
          }
        }),
      ),
    ),
  );
  const updates = done.reduce((sum, count) => sum + count, 0);
  const calls = processes.reduce((sum, { store }) => sum + store.calls.total, 0);
  return {
    updates,
    callsPerUpdate: calls / updates,
    slowestShare: Math.min(...done) / (updates / done.length),
    oldestPendingRoundTrips: oldestMs / roundTripMs,
    updatesPerRoundTrip: (updates * roundTripMs) / durationMs,
  };
}
