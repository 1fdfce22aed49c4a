import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const mainFile = fileURLToPath(new URL('../src/main.ts', import.meta.url));
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'norikv-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function run(...args: string[]): Promise<{ exitCode: number | null; stdout: string; stderr: string }> {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
  const example = spawn(process.execPath, [...flags, mainFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: folder },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    example[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  }
  const [exitCode] = await once(example, 'close');
  return { exitCode, ...output };
}

describe('the notes service', { timeout: 60_000 }, () => {
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
