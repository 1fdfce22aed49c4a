import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '@norikv/store';
import { isRunning } from './process-identity.js';

const processAt = 3;
const placeAt = 5;
const durabilityAt = 6;

/**
 * The signs in the folder of a gate: files named `<kind>-<thread>-<start>-<process>-<random>-<place>`, those of members
 * with `-<durability>`. What one says is its length, which takes no room: a full disk can be opened.
 */
export class GateSigns {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  takeDown(name: string): void {
    rmSync(this.fileOf(name), { force: true });
  }

  fileOf(name: string): string {
    return join(this.#path, name);
  }

  /** Tells the folder from its copies, which hold the signs of those who have the original open, too. */
  place(): string {
    return this.#ifThere(() => `${statSync(this.#path, { bigint: true }).ino}`) ?? 'gone';
  }

  /**
   * The names of the signs that living processes made here. Those of dead processes are taken down.
   *
   * @throws UnavailableError if they cannot be seen.
   */
  standing(prefix: string): string[] {
    // The folder may have been removed under an open store: then nobody can open it.
    const names = this.#ifThere(() => readdirSync(this.#path)) ?? [];
    // Looked up only once there is a sign: as a rule a commit finds none.
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
        // It may be another user's, who alone may remove it. It counts for nothing all the same.
      }
      return false;
    });
  }

  /**
   * What a sign says; undefined once it was taken down.
   *
   * @throws UnavailableError if it cannot be seen.
   */
  read(name: string): number | undefined {
    return this.#ifThere(() => statSync(this.fileOf(name)).size);
  }

  /** The error of a gate that the system refuses. Nothing has been done behind it. */
  outOfOrder(cause: unknown): UnavailableError {
    return new UnavailableError(`${this.#path} cannot be used (${String(cause)})`, {
      outcome: 'not-applied',
      cause,
    });
  }

  /** What cannot be seen, for lack of file descriptors for one, must not be taken for absent. */
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

/** `member-12-34-11-ab-7-os` is a sign of a store that does not wait for the disk. */
export function durabilityOf(name: string): string | undefined {
  return name.split('-')[durabilityAt];
}
