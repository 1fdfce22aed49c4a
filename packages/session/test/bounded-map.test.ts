import { expect, it } from 'vitest';
import { BoundedMap } from '../src/bounded-map.js';

it('forgets what was set longest ago', () => {
  const map = new BoundedMap<number>(2);
  for (const [value, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, value);
  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([2, undefined, 3]);
});
