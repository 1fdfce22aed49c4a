import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (name: string): string => readFileSync(new URL(name, import.meta.url), 'utf8');

const rows = [...read('scenarios.md').matchAll(/^\| (\d+) \| (.+) \| ([a-z, -]+) \|$/gm)].map(
  ([, number = '', scenario = '', files = '']) => ({ number, scenario, files: files.split(', ') }),
);

describe('the table of scenarios', () => {
  it('has sixty-one rows', () => {
    expect(rows.map(({ number }) => Number(number))).toEqual(Array.from({ length: 61 }, (_, row) => row + 1));
  });

  it.each(rows)('$number: $scenario: is tested where the table says', ({ number, files }) => {
    const title = new RegExp(`['\`](\\d+, )*${number}[:,] `);
    for (const file of files) expect(title.test(read(`${file}.test.ts`)), file).toBe(true);
  });
});
