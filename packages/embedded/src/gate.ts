import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { UnavailableError } from '@norikv/store';
import { type Folder, makeFolder, unusable } from './folder.js';
import { durabilityOf, GateSigns, identityOf, processOf } from './gate-signs.js';
import { monotonicMs, pause, soon } from './next-turn.js';
import type { Durability } from './options.js';
import { isRunning, ownIdentity } from './process-identity.js';

// What a member says, as the length of its file.
const idle = 0;
const busy = 1;
const waiting = 2;
const alonePrefix = 'alone-';
const memberPrefix = 'member-';
/** How long a store says `busy` after a commit: the next one is often close, and each word is a system call. */
const lingerMs = 2;
/** How long it does so without looking whether somebody wants to be alone. */
const lookAfterMs = 20;
/** How long an opener lets waiting commits go first; not longer, as one of those processes may be stopped. */
const courtesyMs = 50;
/** How long an opener keeps new commits out while it waits for those under way, at first and at most: one may be stopped. */
const firstTurnMs = 250;
const longestTurnMs = 1_000;

/** Keeps those who open or close a store apart from those who commit to it, see docs/decisions/0015. */
export interface Gate {
  /**
   * Does work while nobody else does any: LMDB's open and close.
   *
   * @throws UnavailableError if another does not end its work in time.
   */
  alone<T>(work: () => T | Promise<T>): Promise<T>;
  /** Does work that may commit, while nobody opens or closes. Others may do the same at the same time. */
  together<T>(work: () => Promise<T>): Promise<T>;
  /** The processes of the other stores. */
  others(): ReadonlySet<number>;
  /** Whether another store of this process has the folder open, or is about to, with another durability. */
  isOpenOtherwiseHere(): boolean;
  /** Takes this store off the list of those who commit. */
  leave(): void;
}

/** The gate of a store that nobody else can open. */
export const openGate: Gate = {
  alone: async (work) => await work(),
  together: (work) => work(),
  others: () => new Set(),
  isOpenOtherwiseHere: () => false,
  leave: () => undefined,
};

/**
 * The gate of a folder. Each first says in a file what it is about to do and looks for others afterwards, so
 * of two that come together at least one sees the other (Dekker). Who commits gives way to who wants to be
 * alone, and those go by tickets (Lamport's bakery).
 */
export class FolderGate implements Gate {
  readonly #path: string;
  readonly #signs: GateSigns;
  readonly #name = `${ownIdentity()}-${process.pid}-${randomBytes(6).toString('hex')}`;
  readonly #durability: Durability;
  readonly #patienceMs: number;
  readonly #member: string;
  readonly #sign: number;
  /** How many pieces of work that may commit are under way. */
  #working = 0;
  #said = idle;
  /** When the last look found nobody who wants to be alone; -Infinity if it found one or failed. */
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopResting: () => void = () => {};

  /**
   * @param patienceMs - how long to wait for another to end its work.
   * @throws PathUnusableError if the folder takes no files.
   */
  constructor({ path, gatePath }: Folder, durability: Durability, patienceMs = 30_000) {
    this.#path = path;
    this.#signs = new GateSigns(gatePath);
    this.#durability = durability;
    this.#patienceMs = patienceMs;
    try {
      makeFolder(gatePath);
      this.#member = `${this.#nameOf(memberPrefix)}-${durability}`;
      this.#sign = openSync(this.#signs.fileOf(this.#member), 'wx');
    } catch (error) {
      throw unusable(path, error);
    }
  }

  async alone<T>(work: () => T | Promise<T>): Promise<T> {
    const sign = this.#nameOf(alonePrefix);
    const endsAt = monotonicMs() + this.#patienceMs;
    for (let turnMs = firstTurnMs; ; turnMs = Math.min(2 * turnMs, longestTurnMs)) {
      // Otherwise openers that follow each other without a gap would stop all commits.
      const courteousUntil = monotonicMs() + courtesyMs;
      while (this.#isAnybodyWaiting() && monotonicMs() < courteousUntil) await pause(1);
      try {
        const ticket = this.#takeTicket(sign);
        const isBehind = (name: string): boolean => !comesBefore(this.#signs.read(name), name, ticket, sign);
        const isIdle = (name: string): boolean => this.#signs.read(name) !== busy;
        const inTheWay =
          (await this.#waitFor(alonePrefix, isBehind, endsAt)) ??
          (await this.#waitFor(memberPrefix, isIdle, Math.min(endsAt, monotonicMs() + turnMs)));
        if (inTheWay === undefined) return await work();
        if (monotonicMs() >= endsAt) throw this.#stuck(inTheWay);
      } finally {
        this.#signs.takeDown(sign);
      }
      // One process that is stopped in a commit must not keep all others from theirs.
      await pause(turnMs);
    }
  }

  async together<T>(work: () => Promise<T>): Promise<T> {
    this.#stopResting();
    try {
      while (!this.#mayWork()) {
        this.#sayUnlessWorking(waiting);
        await pause(1);
      }
      return await this.#counted(work);
    } finally {
      this.#restSoon();
    }
  }

  others(): ReadonlySet<number> {
    return new Set(this.#others(memberPrefix).map(processOf));
  }

  isOpenOtherwiseHere(): boolean {
    return this.#others(memberPrefix).some(
      (name) => processOf(name) === process.pid && durabilityOf(name) !== this.#durability,
    );
  }

  leave(): void {
    this.#stopResting();
    closeSync(this.#sign);
    this.#signs.takeDown(this.#member);
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
   * Says `busy`, and then looks whether anybody wants to be alone. Whoever comes after that look finds the word and
   * waits for as long as it stands, so work that follows without a break need not look again.
   */
  #mayWork(): boolean {
    const now = monotonicMs();
    if (this.#said === busy && now - this.#lookedAt < lookAfterMs) return true;
    // A look that fails is none.
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    this.#say(busy);
    if (this.#others(alonePrefix).length > 0) return false;
    this.#lookedAt = now;
    return true;
  }

  #sayUnlessWorking(word: number): void {
    if (this.#working === 0) this.#say(word);
  }

  #restSoon(): void {
    this.#stopResting();
    this.#stopResting = soon(() => {
      try {
        this.#sayUnlessWorking(idle);
      } catch {
        // The disk refuses. Whoever waits for this store is told so in the end, and the next commit tries again.
      }
    }, lingerMs);
  }

  #say(word: number): void {
    if (word === this.#said) return;
    try {
      ftruncateSync(this.#sign, word);
    } catch (error) {
      throw this.#signs.outOfOrder(error);
    }
    this.#said = word;
  }

  #isAnybodyWaiting(): boolean {
    return this.#others(memberPrefix).some((name) => this.#signs.read(name) === waiting);
  }

  /** A number above all others. The sign is there, without a number, before it looks at theirs. */
  #takeTicket(sign: string): number {
    try {
      const file = openSync(this.#signs.fileOf(sign), 'wx');
      try {
        const ticket =
          Math.max(0, ...this.#others(alonePrefix).map((name) => this.#signs.read(name) ?? 0)) + 1;
        ftruncateSync(file, ticket);
        return ticket;
      } finally {
        closeSync(file);
      }
    } catch (error) {
      throw unusable(this.#path, error);
    }
  }

  /** Waits until each of the others is done. Returns one that is not in time. */
  async #waitFor(
    prefix: string,
    isDone: (name: string) => boolean,
    endsAt: number,
  ): Promise<string | undefined> {
    for (const name of this.#others(prefix)) {
      while (!isDone(name) && isRunning(identityOf(name))) {
        if (monotonicMs() >= endsAt) return name;
        await pause(1);
      }
    }
    return undefined;
  }

  #stuck(name: string): UnavailableError {
    return new UnavailableError(
      `Process ${processOf(name)} has been opening or writing this store for ${this.#patienceMs} ms; ` +
        'if it is stopped, resume it or end it',
      { outcome: 'not-applied' },
    );
  }

  #others(prefix: string): string[] {
    return this.#signs.standing(prefix).filter((name) => !name.includes(this.#name));
  }

  #nameOf(kind: string): string {
    return `${kind}${this.#name}-${this.#signs.place()}`;
  }
}

/** Whether another goes first: with a lower ticket, or the same and a lower name. One without a ticket yet has 0. */
function comesBefore(other: number | undefined, name: string, ticket: number, ownName: string): boolean {
  if (other === undefined) return false;
  return other < ticket || (other === ticket && name < ownName);
}
