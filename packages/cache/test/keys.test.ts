import { describe, expect, it } from 'vitest';
import { escaped, joinNames, storeKey } from '../src/keys.js';
import { areTags, Space } from '../src/place.js';

describe('the names in a key', () => {
  it('are told apart', () => {
    expect(joinNames(['a/b', '100%', 'c'])).toBe('a%2Fb/100%25/c');
    expect(escaped('plain')).toBe('plain');
    for (const wrong of [7, '\ud800', undefined] as never[])
      expect(() => escaped(wrong)).toThrow('well-formed');
  });

  it('become a hash only where the key would be too long', () => {
    expect(storeKey('p', 'v', 'abc', 7)).toBe('p/v/abc');
    expect(storeKey('p', 'v', 'abc', 6)).toMatch(/^p\/#v\/[0-9a-f]{64}$/);
    expect(storeKey('p', 'v', 'äb', 7)).toBe('p/v/äb');
    expect(storeKey('p', 'v', 'äbc', 7)).toMatch(/^p\/#v\//);
  });

  it('are as different in memory as in the store', () => {
    const spaces = [new Space([]), new Space(['a']), new Space(['a', 'b']), new Space(['a\0b'])];
    const keys = ['k', '', '\0', '\0a\0k', '\0\0k', 'b/k', '\0a/b\0k'];
    const all = spaces.flatMap((space) => keys.map((key) => space.memoryKey(key)));
    expect(new Set(all).size).toBe(all.length);
  });
});

it.each([
  [[], true],
  [['a', 'b'], true],
  [['a', '\ud800'], false],
  [['a', 7], false],
  ['a', false],
  [undefined, false],
])('%j are tags: %s', (value, isList) => {
  expect(areTags(value)).toBe(isList);
});
