import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startFleet } from './fleet.js';

const member = fileURLToPath(new URL('programs/stampede-member.ts', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'norikv-cache-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('a stampede', () => {
  it('of 1,000 waiters in 4 processes runs the loader once', { timeout: 600_000 }, async () => {
    const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
    const children = ['a', 'b', 'c', 'd'].map((name) =>
      spawn(process.execPath, [...flags, member, folder, name], { stdio: ['pipe', 'pipe', 'inherit'] }),
    );
    const lines = children.map((child) => createInterface({ input: child.stdout })[Symbol.asyncIterator]());
    for (const line of lines) expect((await line.next()).value).toBe('ready');
    const exits = children.map((child) => once(child, 'close'));
    for (const child of children) child.stdin.write('go\n');
    const answers = await Promise.all(lines.map(async (line) => JSON.parse((await line.next()).value ?? '')));
    await Promise.all(exits);
    const loads = readFileSync(join(folder, 'loads'), 'utf8').trim().split('\n');
    expect(loads).toHaveLength(1);
    expect(answers).toEqual(Array(4).fill([`rendered by ${loads[0]}`, '250']));
  });

  it('of 1,000 waiters in 4 processes in virtual time costs a few store calls', async () => {
    const { clock, all } = startFleet(4, { latencyMs: () => 1 });
    let loads = 0;
    const load = async (): Promise<string> => {
      loads += 1;
      await new Promise<void>((resolve) => clock.startTimer(resolve, 100));
      return 'page';
    };
    const waiters = all.flatMap(({ cache }) =>
      Array.from({ length: 250 }, () => cache.getOrSet('key', load)),
    );
    expect(new Set(await clock.run(Promise.all(waiters)))).toEqual(new Set(['page']));
    expect(loads).toBe(1);
    const calls = all.reduce((sum, { store }) => sum + store.calls.total, 0);
    expect(calls).toBeLessThan(60);
    expect(clock.pendingTimers).toBe(0);
  });

  it.each([
    ['nothing', async () => undefined],
    ['more than a record holds', async () => 'x'.repeat(2 ** 20)],
    [
      'an error',
      async () => {
        throw new Error('no page');
      },
    ],
  ])('for what is not kept, such as %s, waits for one load and then loads at once', async (_what, give) => {
    const { clock, all } = startFleet(8, { latencyMs: () => 1 });
    let loads = 0;
    const load = async (): Promise<unknown> => {
      loads += 1;
      await new Promise<void>((resolve) => clock.startTimer(resolve, 300));
      return give();
    };
    const startedAt = clock.monotonic();
    await clock.run(Promise.allSettled(all.map(({ cache }) => cache.getOrSet('key', load))));
    expect(loads).toBeLessThanOrEqual(all.length);
    expect(clock.monotonic() - startedAt).toBeLessThan(3 * 300);
  });

  it('has nobody load twice because the first time failed', async () => {
    const { clock, all } = startFleet(2, { latencyMs: () => 1, maxWaitMs: 100 });
    const after = (ms: number): Promise<void> => new Promise((resolve) => clock.startTimer(resolve, ms));
    const slow = all[0]?.cache.getOrSet('key', () => after(1_500));
    let loads = 0;
    const failing = async (): Promise<never> => {
      loads += 1;
      await after(200);
      throw new Error('no page');
    };
    const late = after(10).then(() => all[1]?.cache.getOrSet('key', failing));
    await clock.run(Promise.all([slow, expect(late).rejects.toThrow('no page')]));
    expect(loads).toBe(1);
  });
});
