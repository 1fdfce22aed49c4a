import { expect, it } from 'vitest';
import { BoundedMap } from '../src/bounded-map.js';

const filled = (): BoundedMap<number> => {
  const map = new BoundedMap<number>(2);
  for (const [value, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, value);
  return map;
};
const valuesOf = (map: BoundedMap<number>): unknown[] => ['a', 'b', 'c'].map((key) => map.get(key));

it('forgets what was set longest ago', () => {
  expect(valuesOf(filled())).toEqual([2, undefined, 3]);
});

it('does not keep a value for longer because it was asked for', () => {
  const map = filled();
  map.get('a');
  map.set('b', 4);
  expect(valuesOf(map)).toEqual([undefined, 4, 3]);
});

it('has room again for what was deleted', () => {
  const map = filled();
  map.delete('c');
  map.set('b', 4);
  expect(valuesOf(map)).toEqual([2, 4, undefined]);
});

it('remembers nothing where there is no room', () => {
  const map = new BoundedMap<number>(0);
  map.set('a', 1);
  expect(map.get('a')).toBeUndefined();
});
