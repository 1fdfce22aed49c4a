import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ending, exampleOf } from '../../../test/run-example.js';

const example = exampleOf(import.meta.url);
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'norikv-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

/** Interrupts the example when it has said something that fits. */
function run(args: readonly string[], interruptAt?: RegExp): Promise<Ending> {
  return example(args, {
    env: { TMPDIR: folder },
    onStdout: (text, process) => {
      if (interruptAt?.test(text)) process.kill('SIGINT');
    },
  });
}

const leftovers = (): string[] => readdirSync(folder).filter((name) => name.startsWith('norikv-'));

describe.skipIf(process.platform === 'win32')('the election of a leader', { timeout: 600_000 }, () => {
  it('survives a kill, a standstill and a departure, and loses no entry', async () => {
    // Longer leases than by default, so that nobody loses one because the machine is busy with other tests.
    const { exitCode, stdout, stderr } = await run(['--ttl', '5000']);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/[abc] leads, with token 1\./);
    expect(stdout).toMatch(/is killed \(SIGKILL\)\.\n.* leads, with token 2, \d+\.\d\d s later\./);
    expect(stdout).toMatch(/SIGSTOP.*\n.* leads, with token 3, \d+\.\d\d s later\./);
    expect(stdout).toMatch(/token 2 is older than 3/);
    expect(stdout).toMatch(/SIGTERM.*\n.* leads, with token 4, \d+\.\d\d s later\./);
    expect(stdout).toContain('none lost, none written twice');
    expect(stdout).toContain('The last one was written under token 4.');
    expect(exitCode).toBe(0);
    expect(leftovers()).toEqual([]);
  });

  it('stops on Ctrl-C and leaves nothing behind', async () => {
    const { exitCode } = await run([], /leads, with token 1/);
    expect(exitCode).toBe(130);
    expect(leftovers()).toEqual([]);
  });

  it('explains itself', async () => {
    expect(await run(['--help'])).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('--ttl MS') });
    expect(await run(['--ttl', '5'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--ttl is "5"; use milliseconds'),
    });
    expect(await run(['--nonsense'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--nonsense'),
    });
  });
});
