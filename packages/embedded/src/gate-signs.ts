import { closeSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '@norikv/store';
import { isRunning } from './process-identity.js';

const processAt = 3;
const placeAt = 5;

/** The signs in the folder of a gate: files, named `<kind>-<thread>-<start>-<process>-<random>-<place>`. */
export class GateSigns {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** Makes a sign that says `text` and opens it, or leaves nothing of it: on a full disk it cannot be filled in. */
  make(name: string, text: string): number {
    const file = openSync(this.fileOf(name), 'wx');
    try {
      writeSync(file, text, 0);
      return file;
    } catch (error) {
      closeSync(file);
      this.takeDown(name);
      throw error;
    }
  }

  takeDown(name: string): void {
    rmSync(this.fileOf(name), { force: true });
  }

  fileOf(name: string): string {
    return join(this.#path, name);
  }

  /** What tells the folder from its copies: in a copy stand the signs of those who have the original open. */
  place(): string {
    return this.#ifThere(() => `${statSync(this.#path, { bigint: true }).ino}`) ?? 'gone';
  }

  /**
   * The names of those made here by living processes. Those of processes that have died are taken down.
   *
   * @throws UnavailableError if they cannot be seen.
   */
  standing(prefix: string): string[] {
    // The folder may have been removed under an open store: then nobody can open it.
    const names = this.#ifThere(() => readdirSync(this.#path)) ?? [];
    // Looked up for the first sign only: a commit finds none as a rule.
    let here: string | undefined;
    // The folder cannot change its number meanwhile: whoever made a sign has a file open in it.
    const isOfHere = (name: string): boolean => {
      const place = name.split('-')[placeAt];
      if (place === undefined) return true;
      here ??= this.place();
      return place === here;
    };
    return names.filter((name) => {
      if (!name.startsWith(prefix)) return false;
      if (isRunning(identityOf(name))) return isOfHere(name);
      try {
        this.takeDown(name);
      } catch {
        // It may be another user's, where only he may remove it. It says nothing all the same.
      }
      return false;
    });
  }

  /**
   * What a sign says; undefined when it was taken down.
   *
   * @throws UnavailableError if it cannot be read.
   */
  read(name: string): string | undefined {
    return this.#ifThere(() => readFileSync(this.fileOf(name), 'latin1'));
  }

  /** The error of a gate that the system refuses. Nothing has been done behind it. */
  outOfOrder(cause: unknown): UnavailableError {
    return new UnavailableError(`${this.#path} cannot be used (${String(cause)})`, {
      outcome: 'not-applied',
      cause,
    });
  }

  /** What cannot be seen, for want of file descriptors for one, must not be taken for nothing. */
  #ifThere<T>(look: () => T): T | undefined {
    try {
      return look();
    } catch (error) {
      if (isGone(error as NodeJS.ErrnoException)) return undefined;
      throw this.outOfOrder(error);
    }
  }
}

function isGone({ code }: NodeJS.ErrnoException): boolean {
  // Windows says EPERM of a file that somebody still reads while it is removed.
  return code === 'ENOENT' || (code === 'EPERM' && process.platform === 'win32');
}

/** `member-12-34-11-ab-7` is a sign of thread `12-34`. */
export function identityOf(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}

/** `member-12-34-11-ab-7` is a sign of process 11. */
export function processOf(name: string): number {
  return Number(name.split('-')[processAt]);
}
