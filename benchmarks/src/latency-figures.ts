import { closedLoop, median } from './closed-loop.js';
import type { Contenders } from './loop-figures.js';
import type { Figure, Figures } from './row.js';

const rounds = 3;

/** How many operations a second, and how long the slowest hundredth took at least, in milliseconds. */
export interface RateAndLatency {
  readonly rates: Figures;
  readonly p99s: Figures;
}

/** Rate and latency of each contender. They take turns, so that a disturbance meets all of them. */
export async function latencyFigures(
  contenders: Contenders,
  inFlight: number,
  durationMs: number,
): Promise<RateAndLatency> {
  const measured = Object.entries(contenders).map(([contender, operation]) => {
    return {
      contender,
      operation,
      perSecond: [] as number[],
      p99: [] as number[],
      cpu: [] as number[],
      failed: 0,
    };
  });
  for (let round = 0; round <= rounds; round += 1) {
    for (const one of measured) {
      const latencies: number[] = [];
      const loop = await closedLoop(inFlight, durationMs, async (caller) => {
        const startedAt = performance.now();
        await one.operation(caller);
        latencies.push(performance.now() - startedAt);
      });
      one.failed += loop.failed;
      // The first round warms up.
      if (round === 0) continue;
      one.perSecond.push(loop.perSecond);
      one.cpu.push(loop.cpuMicrosecondsPerOperation);
      one.p99.push(percentile(latencies, 0.99));
    }
  }
  const figures = (value: (one: (typeof measured)[number]) => number): Figures => {
    const [ours, ...peers] = measured.map((one): Figure => {
      const failures = one.failed > 0 ? `, ${one.failed} failed` : '';
      const note = `${median(one.cpu).toFixed(1)} µs CPU of this process${failures}`;
      return { contender: one.contender, value: value(one), note };
    });
    if (!ours) throw new Error('no contender was measured');
    return [ours, ...peers];
  };
  return {
    rates: figures(({ perSecond }) => median(perSecond)),
    p99s: figures(({ p99 }) => median(p99)),
  };
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}
