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

it('loses no cent, whichever process is killed', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = run('--accounts', '4', '--transfers', '15');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('was killed');
  expect(stdout).toContain('sum up to exactly 4000');
});

it('explains itself', () => {
  expect(run('--help').stdout).toContain('npm start -- bank');
  expect(run('--accounts', 'one')).toMatchObject({
    status: 2,
    stderr: expect.stringContaining('--accounts is "one"'),
  });
});

it('reads its options', () => {
  expect(parseOptions([])).toEqual({ accounts: 10, transfers: 50, help: false });
  expect(parseOptions(['--transfers', '7', '--help'])).toEqual({ accounts: 10, transfers: 7, help: true });
  expect(() => parseOptions(['--accounts', '1'])).toThrow('whole number from 2');
  expect(() => parseOptions(['--transfers', '4'])).toThrow('whole number from 5');
  expect(() => parseOptions(['--speed', '1'])).toThrow();
});
