import { seededRandom } from '@norikv/testkit';

/** A mean difference and where 95 of 100 resamples of the same queries put it. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

const resamples = 2_000;

/** The paired bootstrap interval of `ours - theirs`, query by query. The same every time. */
export function pairedBootstrap(ours: readonly number[], theirs: readonly number[]): Interval {
  const random = seededRandom(8);
  const differences = ours.map((value, place) => value - (theirs[place] ?? 0));
  const means = Array.from({ length: resamples }, () => {
    const sample = differences.map(() => differences[Math.floor(random() * differences.length)] ?? 0);
    return mean(sample);
  }).sort((one, other) => one - other);
  const at = (share: number): number => means[Math.floor(share * (resamples - 1))] ?? 0;
  return { mean: mean(differences), low: at(0.025), high: at(0.975) };
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
