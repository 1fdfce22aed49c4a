import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { times } from './processes.js';

const program = fileURLToPath(new URL('programs/clients.ts', import.meta.url));

let path = '';
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'norikv-rate-limit-'));
});
afterEach(() => rmSync(path, { recursive: true, force: true }));

/** A process that writes one line when it is ready, and one when it is done. */
async function start(...args: readonly string[]) {
  const nodeArgs = ['--conditions=@norikv/source', '--import', 'tsx', program, ...args];
  const child = spawn(process.execPath, nodeArgs, {
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 280_000,
    killSignal: 'SIGKILL',
  });
  const exit = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe('ready');
  return {
    async finish(): Promise<{ readonly admitted: number; readonly calls: number }> {
      child.stdin.write('go\n');
      const { value } = await lines.next();
      await exit;
      return JSON.parse(String(value));
    },
  };
}

it.each(['gcra', 'sliding-window', 'fixed-window'] as const)(
  '4 processes of 25 clients with limit 50 admit exactly 50, for at most one store call a request: %s',
  async (algorithm) => {
    const limit = JSON.stringify({ maxRequests: 50, windowMs: 366 * 24 * 3_600_000, algorithm });
    const processes = await Promise.all(times(4, () => start(path, limit)));
    const reports = await Promise.all(processes.map(({ finish }) => finish()));
    expect(reports.reduce((sum, { admitted }) => sum + admitted, 0)).toBe(50);
    expect(reports.reduce((sum, { calls }) => sum + calls, 0)).toBeLessThanOrEqual(100);
  },
);
