import { closedLoop, type LoopResult, median } from './closed-loop.js';
import type { Figure, Figures } from './row.js';

const rounds = 3;

/** What is done over and over, by the name of who does it; ours comes first. */
export type Contenders = Readonly<Record<string, (caller: number) => Promise<unknown>>>;

/** Operations a second of each contender. They take turns, so that a disturbance meets all of them. */
export async function loopFigures(
  contenders: Contenders,
  inFlight: number,
  durationMs: number,
): Promise<Figures> {
  const results = new Map<string, LoopResult[]>();
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, operation] of Object.entries(contenders)) {
      const result = await closedLoop(inFlight, durationMs, operation);
      // The first round warms up.
      if (round > 0) results.set(name, [...(results.get(name) ?? []), result]);
    }
  }
  const figures = [...results].map(([contender, loops]): Figure => {
    const failed = loops.reduce((sum, loop) => sum + loop.failed, 0);
    const note = failed > 0 ? `${failed} gave up` : '';
    return { contender, value: median(loops.map((loop) => loop.perSecond)), note };
  });
  const [ours, ...peers] = figures;
  if (!ours) throw new Error('no contender was measured');
  return [ours, ...peers];
}
