import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { UnavailableError } from '@norikv/store';
import { type Folder, unusable } from './folder.js';
import { monotonicMs, pause, soon } from './next-turn.js';
import { isRunning, ownIdentity } from './process-identity.js';

const idle = Buffer.from('0');
const busy = Buffer.from('1');
const alonePrefix = 'alone-';
const memberPrefix = 'member-';
/** How long a store goes on saying that it commits: the next commit is often not far, and each word is a call. */
const lingerMs = 2;
/** How long it does so without a look whether somebody wants to be alone. */
const lookAfterMs = 20;

/** Keeps those who open or close a store apart from those who commit to it, see docs/decisions/0015. */
export interface Gate {
  /**
   * Does work while nobody else does any: LMDB's open and close.
   *
   * @throws UnavailableError if somebody stays in the middle of theirs.
   */
  alone<T>(work: () => T | Promise<T>): Promise<T>;
  /** Does work that may commit, while nobody opens or closes. Others may do the same at the same time. */
  together<T>(work: () => Promise<T>): Promise<T>;
  /** Takes this store off the list of those who commit. */
  leave(): void;
}

/** The gate of a store that nobody else can open. */
export const openGate: Gate = {
  alone: async (work) => await work(),
  together: (work) => work(),
  leave: () => undefined,
};

/**
 * The gate of a folder. Each first says in a file what it is about to do and looks for others afterwards, so
 * of two that come together at least one sees the other (Dekker). Who commits gives way to who wants to be
 * alone, and those go by tickets (Lamport's bakery).
 */
export class FolderGate implements Gate {
  readonly #path: string;
  readonly #name = `${ownIdentity()}-${randomBytes(6).toString('hex')}`;
  readonly #patienceMs: number;
  readonly #sign: number;
  /** How much work that may commit is under way. */
  #working = 0;
  /** Whether the sign says that it is. */
  #isBusy = false;
  /** When nobody wanted to be alone, by the last look; -Infinity if somebody did. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopResting: () => void = () => {};

  /**
   * @param patienceMs - how long to wait for another to end its work.
   * @throws PathUnusableError if the folder takes no files.
   */
  constructor({ path, gatePath }: Folder, patienceMs = 30_000) {
    this.#path = gatePath;
    this.#patienceMs = patienceMs;
    try {
      mkdirSync(gatePath, { recursive: true });
      this.#sign = makeSign(join(gatePath, memberPrefix + this.#name));
    } catch (error) {
      throw unusable(path, error);
    }
  }

  async alone<T>(work: () => T | Promise<T>): Promise<T> {
    const sign = join(this.#path, alonePrefix + this.#name);
    try {
      const ticket = this.#takeTicket(sign);
      for (const name of this.#others(alonePrefix)) {
        await this.#until(name, () => !comesBefore(this.#read(name), name, ticket, alonePrefix + this.#name));
      }
      for (const name of this.#others(memberPrefix)) {
        await this.#until(name, () => this.#read(name) !== '1');
      }
      return await work();
    } finally {
      rmSync(sign, { force: true });
    }
  }

  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#stopResting();
    try {
      while (!this.#mayWork()) {
        this.#rest();
        await pause(1);
      }
      return await this.#counted(work);
    } finally {
      this.#restSoon();
    }
  }

  leave(): void {
    this.#stopResting();
    closeSync(this.#sign);
    rmSync(join(this.#path, memberPrefix + this.#name), { force: true });
  }

  async #counted<T>(work: () => Promise<T>): Promise<T> {
    this.#working += 1;
    try {
      return await work();
    } finally {
      this.#working -= 1;
    }
  }

  /**
   * Says that work is done, and then looks whether anybody wants to be alone. Whoever comes after that look finds what
   * was said and waits, for as long as it is said without a break: so there is no need to look for each work.
   */
  #mayWork(): boolean {
    const now = monotonicMs();
    if (this.#isBusy && now - this.#lookedAt < lookAfterMs) return true;
    this.#say(true);
    this.#lookedAt = this.#others(alonePrefix).length > 0 ? Number.NEGATIVE_INFINITY : now;
    return this.#lookedAt === now;
  }

  /** Says that nothing is done, unless other work of this store is still under way. */
  #rest(): void {
    if (this.#working === 0) this.#say(false);
  }

  #restSoon(): void {
    this.#stopResting();
    this.#stopResting = soon(() => {
      try {
        this.#rest();
      } catch {
        // The disk does not take the word. Who waits for it learns so after a while, and the next commit tries again.
      }
    }, lingerMs);
  }

  #say(isBusy: boolean): void {
    if (isBusy === this.#isBusy) return;
    writeSync(this.#sign, isBusy ? busy : idle, 0, 1, 0);
    this.#isBusy = isBusy;
  }

  /** A number above all others. The sign is there, without a number, before it looks at theirs. */
  #takeTicket(sign: string): number {
    try {
      const file = openSync(sign, 'wx');
      try {
        const ticket =
          Math.max(0, ...this.#others(alonePrefix).map((name) => Number(this.#read(name) ?? 0))) + 1;
        writeSync(file, String(ticket));
        return ticket;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }

  async #until(name: string, condition: () => boolean): Promise<void> {
    const end = performance.now() + this.#patienceMs;
    while (!condition() && isRunning(identityOf(name))) {
      if (performance.now() > end) {
        throw new UnavailableError(
          `Process ${Number.parseInt(identityOf(name), 10)} has been in the middle of opening or writing this ` +
            `store for ${this.#patienceMs} ms; if it is stopped, let it go on or end it`,
          { outcome: 'not-applied' },
        );
      }
      await pause(1);
    }
  }

  /** The signs of others. Those of processes that have died are taken down. */
  #others(prefix: string): string[] {
    return this.#list(prefix).filter((name) => {
      if (isRunning(identityOf(name))) return true;
      rmSync(join(this.#path, name), { force: true });
      return false;
    });
  }

  #list(prefix: string): string[] {
    try {
      return readdirSync(this.#path).filter((name) => name.startsWith(prefix) && !name.endsWith(this.#name));
    } catch {
      // The folder was removed under an open store: then nobody can open it.
      return [];
    }
  }

  /** What a sign says; undefined when it was taken down. */
  #read(name: string): string | undefined {
    try {
      return readFileSync(join(this.#path, name), 'latin1');
    } catch {
      return undefined;
    }
  }
}

/** Makes the sign of a member and opens it, or leaves nothing of it: on a full disk it cannot be filled in. */
function makeSign(file: string): number {
  const sign = openSync(file, 'wx');
  try {
    writeSync(sign, idle, 0, 1, 0);
    return sign;
  } catch (error) {
    closeSync(sign);
    rmSync(file, { force: true });
    throw error;
  }
}

/** Whether the sign of another, which may not say its number yet, comes before one's own. */
function comesBefore(text: string | undefined, name: string, ticket: number, ownName: string): boolean {
  if (text === undefined) return false;
  const other = Number(text);
  return text === '' || other < ticket || (other === ticket && name < ownName);
}

/** `member-12-34-ab` is a sign of `12-34-ab`. */
function identityOf(name: string): string {
  return name.slice(name.indexOf('-') + 1);
}
