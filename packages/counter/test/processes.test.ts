import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DistributedCounter, ShardedCounter } from '../src/index.js';
import { times } from './simulation.js';

/** Of a test, and of each program in it: only for one that would never end. */
const timeout = 600_000;
const maxPending = 16;

/** A program of the folder `programs`, in a process of its own. */
class Program {
  readonly exit: Promise<number | NodeJS.Signals | null>;
  readonly #child: ChildProcess;
  #output = '';
  #onOutput = (): void => {};

  constructor(name: string, ...args: readonly (string | number)[]) {
    const file = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
    const nodeArgs = ['--conditions=@norikv/source', '--import', 'tsx', file, ...args.map(String)];
    this.#child = spawn(process.execPath, nodeArgs, {
      stdio: ['ignore', 'pipe', 'inherit'],
      timeout,
      killSignal: 'SIGKILL',
    });
    this.#child.stdout?.on('data', (chunk) => {
      this.#output += chunk;
      this.#onOutput();
    });
    this.exit = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  /** The lines it has written in full. */
  get lines(): string[] {
    return this.#output.split('\n').slice(0, -1);
  }

  async untilLines(count: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#onOutput = () => {
        if (this.lines.length >= count) resolve();
      };
      this.#onOutput();
    });
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }
}

describe('processes of one machine', () => {
  let path = '';
  beforeEach(() => {
    path = mkdtempSync(join(tmpdir(), 'norikv-counter-'));
  });
  afterEach(() => rmSync(path, { recursive: true, force: true }));

  const stored = async (): Promise<Record<'exact' | 'sharded' | 'buffered', number>> => {
    await using store = await openEmbedded({ path, durability: 'os' });
    return {
      exact: await new DistributedCounter(store, 'exact').get(),
      sharded: await new ShardedCounter(store, 'sharded', 8).get(),
      buffered: await new DistributedCounter(store, 'buffered').get(),
    };
  };

  it('count together', { timeout }, async () => {
    const programs = times(3, () => new Program('add', path, 100, maxPending));
    expect(await Promise.all(programs.map(({ exit }) => exit))).toEqual([0, 0, 0]);
    expect(await stored()).toEqual({ exact: 300, sharded: 300, buffered: 300 });
  });

  it('lose nothing acknowledged when one is killed, but for what it had buffered', { timeout }, async () => {
    const victim = new Program('add', path, 1_000_000, maxPending);
    const witness = new Program('add', path, 50, maxPending);
    await victim.untilLines(50);
    await victim.kill();
    expect(await witness.exit).toBe(0);
    const acknowledged = victim.lines.length + 50;
    const { exact, sharded, buffered } = await stored();
    expect(exact).toBeGreaterThanOrEqual(acknowledged);
    expect(sharded).toBeGreaterThanOrEqual(acknowledged);
    expect(buffered).toBeGreaterThanOrEqual(acknowledged - maxPending);
  });
});

describe('the timer of a buffer', () => {
  it('does not keep a finished process alive', { timeout }, async () => {
    const program = new Program('leave-pending');
    expect(await program.exit).toBe(0);
    expect(program.lines).toEqual(['pending 1']);
  });

  it('flushes while the process lives', { timeout }, async () => {
    const program = new Program('flush-by-timer');
    expect(await program.exit).toBe(0);
    expect(program.lines).toEqual(['stored 2']);
  });
});
