import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('programs/stale-fill-run.ts', import.meta.url));
const schedules = Number(process.env.NORIKV_CACHE_SCHEDULES ?? 50_000);

async function run(first: number, last: number): Promise<Record<string, unknown>> {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...flags,
    program,
    String(first),
    String(last),
  ]);
  return JSON.parse(stdout);
}

it('never gives what was invalidated, in 50,000 random interleavings of three caches', {
  timeout: 3_600_000,
}, async () => {
  const half = Math.ceil(schedules / 2);
  const results = await Promise.all([run(0, half), run(half, schedules)]);
  expect(results.flatMap(({ violations }) => violations)).toEqual([]);
  const sum = (name: string): number => results.reduce((total, result) => total + Number(result[name]), 0);
  expect(sum('schedules')).toBe(schedules);
  expect(sum('reads')).toBeGreaterThan(3 * schedules);
  expect(sum('invalidations')).toBeGreaterThan(schedules);
});
