import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countWords, totalOf, wordsOf } from '../src/words.js';

describe('words', () => {
  it.each([
    ['', []],
    ['Fellow-Citizens of the Senate:', ['fellow', 'citizens', 'of', 'the', 'senate']],
    ["We can't; the People’s will", ['we', "can't", 'the', "people's", 'will']],
    ["'quoted' words'", ['quoted', 'words']],
    ['$1,000 in 1790, the 20th', ['1', '000', 'in', '1790', 'the', '20th']],
    ['Café CAFE\u0301', ['café', 'café']],
    ['— … “”', []],
  ])('of %j are %j', (text, words) => {
    expect([...wordsOf(text)]).toEqual(words);
  });

  it('of a text are those of its parts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'B', "'", '’', ' ', '-', '7', 'é') });
    fc.assert(
      fc.property(text, text, (left, right) => {
        expect([...wordsOf(`${left} ${right}`)]).toEqual([...wordsOf(left), ...wordsOf(right)]);
      }),
    );
  });

  it('are counted each as often as they occur', () => {
    const counts = countWords(['The one, the other', 'constructor the __proto__']);
    expect(Object.fromEntries(counts)).toEqual({ the: 3, one: 1, other: 1, constructor: 1, proto: 1 });
    expect(totalOf(counts)).toBe(7);
  });
});
