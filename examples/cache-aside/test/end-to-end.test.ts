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

const run = (...args: string[]): Promise<Ending> => example(args, { env: { TMPDIR: folder } });

describe('the shop', { timeout: 600_000 }, () => {
  it('asks the price service once, and shows the new price after a change', async () => {
    const { exitCode, stdout, stderr } = await run();
    expect(stderr).toBe('');
    expect(stdout).toContain('1,000 readers in 4 processes saw 40.');
    expect(stdout).toContain('was asked 1 time(s)');
    expect(stdout).toMatch(/All processes showed 45 after \d+ ms/);
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('norikv-'))).toEqual([]);
  });

  it('explains itself, and refuses what it does not know', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage') });
    expect(await run('--fast')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Usage') });
  });
});
