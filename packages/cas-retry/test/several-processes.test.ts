import { describe, expect, it } from 'vitest';
import { closedLoop, increment, numberCodec, simulate } from './simulation.js';

describe.each([
  { store: 'a store that tells what it holds when a race is lost', carriesEntry: true },
  { store: 'a store that only says that a race is lost', carriesEntry: false },
])('several processes over $store', ({ carriesEntry }) => {
  it('lose nothing: 4 processes, 1,000 updates, exact', async () => {
    const { clock, processes, memory } = simulate(4, { carriesEntry });
    const results = await clock.run(() =>
      Promise.all(
        Array.from({ length: 1_000 }, (_, number) =>
          increment((processes[number % 4] as (typeof processes)[0]).updater),
        ),
      ),
    );
    expect(new Set(results).size).toBe(1_000);
    const [first] = processes;
    expect(await clock.run(() => first?.updater.read('n', numberCodec) ?? Promise.resolve(0))).toBe(1_000);
    expect(memory).toBeDefined();
  });

  it.each([1, 2, 3])('share a hot key: 4 processes of 25 callers (seed %i)', async (seed) => {
    const result = await closedLoop(simulate(4, { seed, carriesEntry }), 25, 3_000);
    expect(result.callsPerUpdate).toBeLessThanOrEqual(0.2);
    expect(result.slowestShare).toBeGreaterThanOrEqual(0.7);
    expect(result.oldestPendingRoundTrips).toBeLessThanOrEqual(350);
    expect(result.updatesPerRoundTrip).toBeGreaterThanOrEqual(12);
  });

  it('share a hot key when there is nothing to combine: 16 processes of 1 caller', async () => {
    const result = await closedLoop(simulate(16, { carriesEntry }), 1, 3_000);
    expect(result.slowestShare).toBeGreaterThanOrEqual(0.5);
  });

  it('let a newcomer in: one caller beside a process that has won for long', async () => {
    const simulation = simulate(2, { carriesEntry });
    const { clock, processes, roundTripMs } = simulation;
    const [busy, newcomer] = processes as [(typeof processes)[0], (typeof processes)[0]];
    const end = { reached: false };
    const loop = async (): Promise<void> => {
      while (!end.reached) await increment(busy.updater);
    };
    const loops = Promise.all([loop(), loop()]);
    await clock.advance(2_000 * roundTripMs);
    const startedAt = clock.monotonic();
    for (let update = 0; update < 10; update += 1) await clock.run(increment(newcomer.updater));
    expect((clock.monotonic() - startedAt) / roundTripMs / 10).toBeLessThan(100);
    end.reached = true;
    await clock.run(loops);
  });

  it('that write rarely and in turn cost at most 1.05 of a plain get and put', async () => {
    const callsPerUpdate = async (memo: boolean): Promise<number> => {
      const { clock, processes } = simulate(4, { carriesEntry, options: { memo } });
      await clock.run(() =>
        Promise.all(
          processes.map(async ({ updater, random }) => {
            for (let update = 0; update < 200; update += 1) {
              await new Promise<void>((resolve) => clock.startTimer(resolve, 1_000 * random()));
              await increment(updater);
            }
          }),
        ),
      );
      return processes.reduce((sum, { store }) => sum + store.calls.total, 0) / 800;
    };
    expect(await callsPerUpdate(true)).toBeLessThanOrEqual(1.05 * (await callsPerUpdate(false)));
  });
});

describe('one process', () => {
  it('that writes one after the other pays one call an update', async () => {
    const { clock, processes } = simulate(1);
    const { updater, store } = processes[0] as (typeof processes)[0];
    await clock.run(async () => {
      for (let update = 0; update < 200; update += 1) await increment(updater);
    });
    expect(store.calls.total).toBeLessThanOrEqual(1.05 * 200);
  });

  it('with 100 callers is bound by its transitions, not by round trips', async () => {
    const result = await closedLoop(simulate(1), 100, 1_000);
    expect(result.updatesPerRoundTrip).toBeGreaterThanOrEqual(80);
    expect(result.callsPerUpdate).toBeLessThanOrEqual(0.02);
  });
});
