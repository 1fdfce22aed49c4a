import { mkdtempSync, rmSync } from 'node:fs';
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

describe('the notes service', { timeout: 300_000 }, () => {
  it('keeps its tenants apart, and ends well', async () => {
    const { exitCode, stdout, stderr } = await run();
    expect(stderr).toBe('');
    expect(stdout).toContain('200 ours alone');
    expect(stdout).toMatch(/the free plan has 3 +429/);
    expect(stdout.trim().split('\n')).toHaveLength(13);
    expect(exitCode).toBe(0);
  });

  it('explains itself, and refuses what it does not know', async () => {
    expect(await run('--help')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Usage') });
    expect(await run('--fast')).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('Usage') });
  });
});
