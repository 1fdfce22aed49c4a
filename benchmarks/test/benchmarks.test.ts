import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Row } from '../src/row.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const run = (...options: string[]): Promise<{ stdout: string; stderr: string }> =>
  runWith(process.env, ...options);
const runWith = (
  env: NodeJS.ProcessEnv,
  ...options: string[]
): Promise<{ stdout: string; stderr: string }> => {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
  return promisify(execFile)(process.execPath, [...flags, main, ...options], { env });
};
const hasRedis = spawnSync('redis-server', ['--version']).status === 0;
const requiresServers = process.env.NORIKV_REQUIRE_SERVERS === '1';

describe('the benchmarks', () => {
  let folder = '';
  let output = '';
  let rows: readonly Row[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'norikv-benchmarks-'));
    output = (await run('--seconds', '0.02', '--out', folder)).stdout;
    rows = JSON.parse(await readFile(join(folder, 'results.json'), 'utf8')).rows;
  }, 480_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('measure every section, ours first, each peer as a ratio', () => {
    const sections = [...new Set(rows.map((row) => row.section))];
    expect(sections.length).toBeGreaterThanOrEqual(16);
    for (const section of sections) {
      const [ours, ...peers] = rows.filter((row) => row.section === section);
      expect(ours?.contender).toMatch(/^ours/);
      expect(peers.length).toBeGreaterThan(0);
      expect(output).toContain(section);
    }
  });

  it('show what the documentation loses, and that ours loses nothing', () => {
    const lost = rows.filter((row) => row.unit === 'lost').map((row) => row.value);
    expect(lost[0]).toBe(0);
    expect(lost[1]).toBeGreaterThan(900);
  });

  it.each([
    ['with two leaders', 20],
    ['units lost', 50],
    ['sold twice', 50],
  ])('show what else goes wrong with the documentation’s code, and not with ours: %s', (unit, count) => {
    expect(rows.filter((row) => row.unit === unit).map((row) => row.value)).toEqual([0, count]);
  });

  it('show that a crowd costs two store calls, and that everybody gets an answer', () => {
    const [ours, theirs] = rows.filter((row) => row.section.startsWith('100 buyers'));
    expect(ours).toMatchObject({ value: 2, note: '50 served, 50 refused, 0 gave up' });
    expect(theirs?.value).toBeGreaterThan(100);
  });

  it.skipIf(!hasRedis && !requiresServers)('compare with Redis (needs redis-server)', () => {
    expect(
      rows.filter((row) => row.contender.endsWith('no persistence') && row.contender.startsWith('Redis')),
    ).toHaveLength(2);
    expect(rows.filter((row) => row.contender.startsWith('redlock'))).toHaveLength(5);
  });

  it('put the event store beside emmett', () => {
    expect(rows.filter((row) => row.contender.startsWith('emmett in memory'))).toHaveLength(4);
  });

  it('leave Redis out, and say so, where it is not installed', async () => {
    const out = join(folder, 'without-redis');
    const options = ['--only', 'leases', '--seconds', '0.02', '--out', out];
    const { stdout } = await runWith({ ...process.env, PATH: '' }, ...options);
    expect(stdout).toContain('redis-server is not installed: the Redis rows are left out');
    expect(stdout).toContain('ours: createLeases');
    expect(await readFile(join(out, 'results.json'), 'utf8')).not.toContain('Redis');
  }, 120_000);

  it('draw a picture with a bar for each row', async () => {
    const picture = await readFile(join(folder, 'results.svg'), 'utf8');
    expect(picture.match(/<rect/g)).toHaveLength(rows.length + 1);
  });

  it('refuse options that make no sense', async () => {
    await expect(run('--only', 'nothing')).rejects.toMatchObject({ code: 2 });
    await expect(run('--seconds', 'soon')).rejects.toMatchObject({ code: 2 });
    expect((await run('--help')).stdout).toContain('--only NAME');
  }, 60_000);
});
