import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Report } from './member.js';

const memberFile = fileURLToPath(new URL('member.ts', import.meta.url));

/** A report, and who sent it. */
export interface GroupReport extends Report {
  readonly owner: string;
}

/** Processes that elect a leader among themselves over the store in one folder. */
export class Group {
  readonly #folder: string;
  readonly #ttlMs: number;
  readonly #members = new Map<string, ChildProcess>();
  readonly #listeners = new Set<(report: GroupReport) => void>();
  /** Rejects if a member fails, other than by a signal. */
  readonly failure: Promise<never>;
  #fail: (error: Error) => void = () => {};
  /** Entries that some leader knows to be in the journal. */
  acknowledged = 0;

  constructor(folder: string, ttlMs: number) {
    this.#folder = folder;
    this.#ttlMs = ttlMs;
    this.failure = new Promise((_, reject) => {
      this.#fail = reject;
    });
  }

  /** Starts a member. Resolves when it takes part. */
  async start(owner: string): Promise<void> {
    const child = fork(memberFile, [this.#folder, owner, String(this.#ttlMs)]);
    this.#members.set(owner, child);
    child.once('exit', (exitCode) => {
      if (exitCode) this.#fail(new Error(`Member ${owner} failed with exit code ${exitCode}`));
    });
    child.on('message', (report: Report) => {
      if (report.kind === 'wrote') this.acknowledged += 1;
      for (const listener of this.#listeners) listener({ ...report, owner });
    });
    await this.next((report) => report.owner === owner && report.kind === 'ready');
  }

  signal(owner: string, signal: NodeJS.Signals): void {
    this.#members.get(owner)?.kill(signal);
  }

  /** Has a leader stop itself when it is about to write. */
  standStill(owner: string): void {
    this.#members.get(owner)?.send('stand still');
  }

  /** The next report from now on that fits. */
  next(fits: (report: GroupReport) => boolean): Promise<GroupReport> {
    return new Promise((resolve) => {
      const listener = (report: GroupReport): void => {
        if (!fits(report)) return;
        this.#listeners.delete(listener);
        resolve(report);
      };
      this.#listeners.add(listener);
    });
  }

  /** The next leader from now on. */
  nextLeader(): Promise<GroupReport> {
    return this.next(({ kind }) => kind === 'leads');
  }

  /** Ends every member: in good order, or at once. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const running = [...this.#members.values()].filter(
      ({ exitCode, signalCode }) => exitCode === null && signalCode === null,
    );
    // Only then has everything been heard that it said.
    const ended = running.map((child) => once(child, 'close'));
    for (const child of running) child.kill(signal);
    await Promise.all(ended);
  }
}
