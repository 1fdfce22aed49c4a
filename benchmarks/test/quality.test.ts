import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadKnownItems } from '../src/quality/addresses.js';
import { mean, pairedBootstrap } from '../src/quality/bootstrap.js';

const main = fileURLToPath(new URL('../src/quality/main.ts', import.meta.url));

function run(...options: string[]): Promise<{ code: unknown; output: string }> {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx', main];
  return new Promise((resolve) => {
    execFile(process.execPath, [...flags, ...options], (error, stdout, stderr) => {
      resolve({ code: error ? error.code : 0, output: stdout + stderr });
    });
  });
}

it('says what can be measured', { timeout: 120_000 }, async () => {
  expect(await run('--help')).toEqual({ code: 0, output: expect.stringContaining('npm run quality') });
  const wrong = {
    code: 2,
    output: '--only is "speed"; use one of retrieval, near-duplicates, recommendations\n',
  };
  expect(await run('--only', 'speed')).toEqual(wrong);
});

it('gives an interval that holds the difference, is the same every time, and shows what is sure', () => {
  const theirs = Array.from({ length: 200 }, (_, place) => (place % 4) / 4);
  const ours = theirs.map((value, place) => value + (place % 2 === 0 ? 0.1 : 0.3));
  const interval = pairedBootstrap(ours, theirs);
  expect(interval).toEqual(pairedBootstrap(ours, theirs));
  expect(interval.mean).toBeCloseTo(0.2, 10);
  expect(interval.low).toBeGreaterThan(0.18);
  expect(interval.high).toBeLessThan(0.22);
  expect(pairedBootstrap(theirs, theirs)).toEqual({ mean: 0, low: 0, high: 0 });
  expect(mean([])).toBe(0);
});

it('takes the sentence that is asked for out of the passage that is to be found', () => {
  const items = loadKnownItems();
  expect(items.length).toBeGreaterThan(400);
  expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  expect(items.filter(({ opening, rest }) => rest.includes(opening))).toEqual([]);
});
