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
  promisify(execFile)(process.execPath, ['--conditions=@norikv/source', '--import', 'tsx', main, ...options]);
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
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('measure every section, ours first, each peer as a ratio', () => {
    const sections = [...new Set(rows.map((row) => row.section))];
    expect(sections).toHaveLength(7);
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

  it.skipIf(!hasRedis && !requiresServers)('compare with Redis (needs redis-server)', () => {
    expect(rows.filter((row) => row.contender.startsWith('Redis'))).toHaveLength(2);
  });

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
