import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { copyJson, described } from '../src/json.js';

const copy = (value: unknown, maxBytes = 1_000): unknown => copyJson(value, 'data', maxBytes);

/** An object with so many levels. */
function nested(levels: number): object {
  return levels === 1 ? {} : { a: nested(levels - 1) };
}

describe('a copy of data', () => {
  it('is what comes back from the store', () => {
    expect(copy({ a: [1, 'b', null, true, { c: 0.5 }], d: undefined })).toStrictEqual({
      a: [1, 'b', null, true, { c: 0.5 }],
    });
    expect(Object.is((copy({ zero: -0 }) as { zero: number }).zero, 0)).toBe(true);
    const bare = Object.assign(Object.create(null), { a: 1 });
    expect(copy({ bare, foreign: runInNewContext('({ b: 2 })') })).toStrictEqual({
      bare: { a: 1 },
      foreign: { b: 2 },
    });
  });

  it('has at most so many bytes', () => {
    expect(copy({ a: 'ü' }, 10)).toEqual({ a: 'ü' });
    expect(() => copy({ a: 'ü' }, 9)).toThrow('data is 10 bytes long; use at most 9 (maxDataBytes)');
  });

  it('has at most 33 levels', () => {
    expect(copy(nested(33))).toEqual(nested(33));
    expect(() => copy(nested(34))).toThrow('is nested deeper than 32; use flatter data');
    expect(() => copy({ a: Array.from({ length: 40 }).reduce((inner) => [inner], []) })).toThrow(
      'nested deeper',
    );
  });

  it.each([
    [new Date(0), 'a Date'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [1n, 'a bigint'],
    [() => 1, 'a function'],
  ])('is refused where it holds %o', (value, what) => {
    expect(() => copy({ a: [{ b: value }] })).toThrow(`data.a[0].b is ${what}; use what JSON can say`);
    expect(described(value)).toBe(what);
  });

  it.each([
    [[], 'an array'],
    [null, 'null'],
    ['text', 'a string'],
    [7, '7'],
  ])('is refused where it is %j', (value, what) => {
    expect(() => copy(value)).toThrow(`data is ${what}; use an object`);
  });
});
