import { expect, it } from 'vitest';
import { exampleOf } from '../../../test/run-example.js';
import { parseOptions } from '../src/options.js';

const run = exampleOf(import.meta.url);

it('tells its story', async () => {
  const { exitCode, stdout, stderr } = await run();
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toContain('logged out too');
  expect(stdout).toMatch(/Retry-After (900|8\d\d),/);
});

it('explains itself', async () => {
  expect((await run(['--help'])).stdout).toContain('npm start -- login');
  expect(await run(['--port'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('--port') });
});

it('reads its options', () => {
  expect(parseOptions([])).toEqual({ serve: false, help: false });
  expect(parseOptions(['--serve'])).toEqual({ serve: true, help: false });
});
