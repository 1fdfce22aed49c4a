import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

it('the suite runs in the test runner of Node', async () => {
  const fixture = fileURLToPath(new URL('./node-runner-fixture.ts', import.meta.url));
  const args = ['--conditions=@norikv/source', '--import', 'tsx', '--test-reporter=tap', fixture];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout).toMatch(/^# fail 0$/m);
  expect(Number(/^# pass (\d+)$/m.exec(stdout)?.[1])).toBeGreaterThan(80);
  expect(stdout).toMatch(/# SKIP/);
}, 120_000);
