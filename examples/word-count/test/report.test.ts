import { describe, expect, it } from 'vitest';
import { type Findings, reportOf } from '../src/report.js';

const counts = new Map(
  Array.from({ length: 12 }, (_, position) => [`word${position}`, 100 * (position + 1)]),
);
const findings: Findings = {
  expected: counts,
  addresses: 3,
  words: 7_800,
  seconds: 2,
  calls: 1_560,
  writes: 4,
  differences: [],
};

describe('the report', () => {
  it('names the ten most frequent words, most frequent first', () => {
    const words = reportOf(findings).match(/word\d+/g);
    expect(words).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((position) => `word${position}`));
  });

  it('says what it took', () => {
    const text = reportOf(findings);
    expect(text).toContain('7,800 words, 12 of them different, in 3 addresses');
    expect(text).toContain('7,800 increments in 2.0 s, 3,900 a second');
    expect(text).toContain('1,560, 0.20 an increment');
    expect(text).toContain('15,600 or more, 2 an increment');
    expect(text).toContain('0 lost, 0 counted twice.');
  });

  it('says that nothing was added', () => {
    const text = reportOf({ ...findings, words: 0, calls: 1, writes: 0 });
    expect(text).toContain('added nothing: 1 store calls, 0 writes');
  });

  it('names the wrong counts, the first twenty of them', () => {
    const wrong = Array.from({ length: 25 }, (_, position) => ({
      word: `bad${position}`,
      expected: 10,
      stored: position % 2 === 0 ? 8n : 13n,
    }));
    const text = reportOf({ ...findings, differences: wrong });
    expect(text).toContain('25 counts are WRONG: 26 lost, 36 counted twice.');
    expect(text).toContain('bad0: the store has 8, the text has 10');
    expect(text).toContain('bad19');
    expect(text).not.toContain('bad20');
    expect(text).toContain('and 5 more');
  });
});
