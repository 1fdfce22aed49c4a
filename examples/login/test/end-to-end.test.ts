import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { parseOptions } from '../src/options.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

function run(...args: string[]): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  return spawnSync(process.execPath, ['--conditions=@norikv/source', '--import', 'tsx', main, ...args], {
    encoding: 'utf8',
    timeout: 110_000,
  });
}

it('tells its story', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = run();
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('logged out too');
  expect(stdout).toMatch(/Retry-After (900|8\d\d),/);
});

it('explains itself', { timeout: 60_000 }, () => {
  expect(run('--help').stdout).toContain('npm start -- login');
  expect(run('--port')).toMatchObject({ status: 2, stderr: expect.stringContaining('--port') });
});

it('reads its options', () => {
  expect(parseOptions([])).toEqual({ serve: false, help: false });
  expect(parseOptions(['--serve'])).toEqual({ serve: true, help: false });
});
