import { expect, it } from 'vitest';
import { exampleOf } from '../../../test/run-example.js';
import { parseOptions } from '../src/options.js';

const run = exampleOf(import.meta.url);

it('loses no cent, whichever process is killed', { timeout: 600_000 }, async () => {
  const { exitCode, stdout, stderr } = await run(['--accounts', '4', '--transfers', '15']);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('was killed');
  expect(stdout).toContain('sum up to exactly 4000');
});

it('explains itself', async () => {
  expect((await run(['--help'])).stdout).toContain('npm start -- bank');
  expect(await run(['--accounts', 'one'])).toMatchObject({
    exitCode: 2,
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
