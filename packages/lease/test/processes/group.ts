import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const candidate = fileURLToPath(new URL('candidate.ts', import.meta.url));

/** One line of a candidate. */
export interface LogLine {
  readonly at: number;
  readonly owner: string;
  readonly kind: string;
  readonly token: number | null;
  /** Whose lease had run out, for who acquired one that was not released. */
  readonly takenFrom?: string;
}

/** Candidates in processes of their own, over one folder, and their joined log. */
export class Group implements AsyncDisposable {
  readonly log: LogLine[] = [];
  readonly #path = mkdtempSync(join(tmpdir(), 'norikv-lease-'));
  readonly #members = new Map<string, ChildProcess>();
  readonly #watchers = new Set<() => void>();

  start(owner: string): void {
    const args = ['--conditions=@norikv/source', '--import', 'tsx', candidate, this.#path, owner];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#members.set(owner, child);
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.log.push(JSON.parse(line));
      for (const look of this.#watchers) look();
    });
  }

  kill(owner: string, signal: NodeJS.Signals): void {
    this.#members.get(owner)?.kill(signal);
  }

  /** Waits for the first line after `from` that fits. The time limit of the test ends a wait in vain. */
  async next(fits: (line: LogLine) => boolean, from = 0): Promise<LogLine> {
    return new Promise((resolve) => {
      const look = (): void => {
        const found = this.log.slice(from).find(fits);
        if (!found) return;
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Ends everybody in good order, so that the log is complete. */
  async stop(): Promise<void> {
    const ended = [...this.#members.values()].map(
      (child) =>
        new Promise<void>((resolve) => {
          if (child.exitCode !== null || child.signalCode !== null) resolve();
          else child.once('close', () => resolve());
        }),
    );
    for (const owner of this.#members.keys()) this.kill(owner, 'SIGTERM');
    await Promise.all(ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const owner of this.#members.keys()) this.kill(owner, 'SIGKILL');
    await this.stop();
    rmSync(this.#path, { recursive: true, force: true });
  }
}
