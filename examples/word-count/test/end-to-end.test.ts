import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DistributedCounter } from '@norikv/counter';
import { openEmbedded } from '@norikv/embedded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleOf } from '../../../test/run-example.js';

const runExample = exampleOf(import.meta.url);
const allRight = 'Every count equals that of a plain count in one process: 0 lost, 0 counted twice.';
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'norikv-test-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('counting words from several processes', { timeout: 600_000 }, () => {
  it('is exact although a worker is killed half-way, and leaves nothing behind', async () => {
    const { exitCode, stdout, stderr } = await runExample(['--addresses', '5', '--workers', '2'], {
      env: { TMPDIR: folder },
    });
    expect(stderr).toMatch(
      /Worker \d was killed in chunk \d, at \d+ of \d+ words\. Another takes its place\./,
    );
    expect(stderr).toContain('100 %');
    expect(stdout).toContain(allRight);
    expect(exitCode).toBe(0);
    expect(readdirSync(folder).filter((name) => name.startsWith('norikv-'))).toEqual([]);
  });

  it('changes nothing when run again, and notices a count that is wrong', async () => {
    const args = ['--addresses', '5', '--workers', '2', '--no-kill', '--data', folder];
    const first = await runExample(args);
    expect(first.exitCode).toBe(0);
    expect(first.stderr).not.toContain('killed');

    const again = await runExample(args);
    expect(again.stderr).toContain(`All 5 chunks are counted in ${folder} already; nothing is left to add.`);
    expect(again.stdout).toMatch(/added nothing: \d store calls, 0 writes/);
    expect(again.stdout).toContain(allRight);
    expect(again.exitCode).toBe(0);

    await addTo('congress', 3);
    await addTo('union', -1);
    const tampered = await runExample(args);
    expect(tampered.stdout).toContain('2 counts are WRONG: 1 lost, 3 counted twice.');
    expect(tampered.stdout).toMatch(/congress: the store has (\d+), the text has \d+/);
    expect(tampered.exitCode).toBe(1);
  });

  it('goes on after the whole job was killed', async () => {
    const args = ['--addresses', '12', '--workers', '2', '--data', folder];
    const killed = await runExample(args, { onStderr: atFirstProgress('SIGKILL') });
    expect(killed.exitCode).toBe(null);
    const again = await runExample(args);
    expect(again.stdout).toContain(allRight);
    expect(again.exitCode).toBe(0);
  });

  it('stops on Ctrl-C and can be continued', async () => {
    const args = ['--addresses', '12', '--workers', '2', '--no-kill', '--data', folder];
    const interrupted = await runExample(args, { onStderr: atFirstProgress('SIGINT') });
    expect(interrupted.stderr).toContain('Interrupted.');
    expect(interrupted.exitCode).toBe(130);
    const again = await runExample(args);
    expect(again.stdout).toContain(allRight);
    expect(again.exitCode).toBe(0);
  });

  it('refuses a folder that holds something else', async () => {
    await runExample(['--addresses', '1', '--workers', '1', '--no-kill', '--data', folder]);
    const other = await runExample(['--addresses', '2', '--data', folder]);
    expect(other.stderr).toContain('--data: It holds a job over other text; use another folder');
    expect(other.exitCode).toBe(2);

    const file = join(folder, 'file');
    writeFileSync(file, 'not a store');
    const noFolder = await runExample(['--data', file]);
    expect(noFolder.stderr).toContain(`--data: ${file} is a file`);
    expect(noFolder.exitCode).toBe(2);
  });

  it('explains its options', async () => {
    const help = await runExample(['--help']);
    expect(help.stdout).toContain('--workers N');
    expect(help.exitCode).toBe(0);
    const wrong = await runExample(['--workers', 'many']);
    expect(wrong.stderr).toContain('--workers is "many"');
    expect(wrong.exitCode).toBe(2);
  });
});

async function addTo(word: string, delta: number): Promise<void> {
  await using store = await openEmbedded({ path: folder });
  await new DistributedCounter(store, `word:${word}`).add(delta);
}

function atFirstProgress(signal: NodeJS.Signals): (stderr: string, example: ChildProcess) => void {
  return (stderr, example) => {
    if (stderr.includes(' %: ') && !example.killed) example.kill(signal);
  };
}
