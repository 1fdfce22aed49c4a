import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify, stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';

const program = fileURLToPath(new URL('programs/bentocache-run.ts', import.meta.url));

it('passes the suite of bentocache on both engines: 21 tests each', { timeout: 600_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--conditions=@norikv/source',
    '--import',
    'tsx',
    program,
  ]);
  expect(stripVTControlCharacters(stdout)).toMatch(/Tests\s+42 passed \(42\)/);
});
