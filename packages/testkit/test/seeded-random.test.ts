import { expect, it } from 'vitest';
import { seededRandom } from '../src/index.js';

const take = (seed: number, count: number): number[] => {
  const random = seededRandom(seed);
  return Array.from({ length: count }, random);
};

it('repeats itself for a seed and differs between seeds', () => {
  expect(take(1, 100)).toEqual(take(1, 100));
  const firsts = new Set(Array.from({ length: 10_000 }, (_, seed) => take(seed, 1)[0]));
  expect(firsts.size).toBeGreaterThan(9_990);
});

it('is spread evenly over [0, 1)', () => {
  const numbers = take(7, 100_000);
  expect(Math.min(...numbers.slice(0, 50_000))).toBeGreaterThanOrEqual(0);
  const tenths = Array.from({ length: 10 }, () => 0);
  for (const number of numbers) {
    const tenth = Math.floor(number * 10);
    tenths[tenth] = (tenths[tenth] ?? Number.NaN) + 1;
  }
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

it('differs between seeds below 1, such as Math.random gives', () => {
  const firsts = Array.from({ length: 1_000 }, (_, place) => take(place / 1_000, 1)[0]);
  expect(new Set(firsts).size).toBe(1_000);
});
