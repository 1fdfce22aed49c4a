import { keep, type Transition, write } from '@norikv/cas-retry';
import { BoundedMap } from '@norikv/store/bounded-map';
import { type Head, tailFirst } from './head.js';
import { applyRoll, leavingOf, type Roll, rollsOf, tailRoll } from './roll.js';
import type { Segments } from './segments.js';

const rememberedRolls = 1_024;
/** A caller whose append is durable waits meanwhile. */
const takeOutMs = 1_000;

/** Changes the head of a log. */
type Update = (
  name: string,
  transition: Transition<Head, void>,
  options: { readonly deadlineMs: number },
) => Promise<void>;

/** Writes records of what is to leave a head, takes it out, and remembers what could not be taken out yet. */
export class Sealer {
  readonly #segments: Segments;
  readonly #update: Update;
  /** Rolls that are written and wait for the next write to take them into the head. */
  readonly #rolls = new BoundedMap<readonly Roll[]>(rememberedRolls);
  /** Logs whose tail is being sealed: one of many callers does it, and all wait for it. */
  readonly #sealing = new Map<string, Promise<void>>();

  constructor(segments: Segments, update: Update) {
    this.#segments = segments;
    this.#update = update;
  }

  /** The head without what this process has sealed. */
  rolled(head: Head): Head {
    return this.#rolls.get(head.name)?.reduce(applyRoll, head) ?? head;
  }

  /** Seals what can leave the tail of a head as {@link rolled} gave it; for a commit in parts all must. */
  async makeRoom(head: Head, isForParts: boolean): Promise<void> {
    const sealed = this.#rolls.get(head.name) ?? [];
    const { length: all } = head.lines;
    const leaving = isForParts ? all : leavingOf(head) || all;
    await this.#seal(head.name, tailRoll(head, leaving), sealed);
  }

  /**
   * Seals what is to leave a long tail, and takes it out of the head: the next append may be that of another process, which
   * knows nothing of it. The append is durable already, so a failure here is not reported: the next one tries again.
   * Callers that shared a write go on together, and share the next.
   */
  async sealIfLong(head: Head): Promise<void> {
    await (this.#sealing.get(head.name) ?? this.#beginSealing(head));
  }

  #beginSealing(head: Head): Promise<void> | undefined {
    const { name } = head;
    // Sealed since this head was seen: the next append takes that in, and what is sealed twice nothing refers to.
    if (this.#isSealed(head)) return undefined;
    this.#rolls.delete(name);
    const rolls = rollsOf(head);
    if (rolls.length === 0) return undefined;
    const sealing = this.#seal(name, rolls)
      .then(() => this.#takeOut(name))
      .catch(() => {})
      .finally(() => this.#sealing.delete(name));
    this.#sealing.set(name, sealing);
    return sealing;
  }

  async #takeOut(name: string): Promise<void> {
    const rolls = this.#rolls.get(name);
    const takeOut: Transition<Head, void> = (head) => {
      const rolled = head && this.rolled(head);
      return rolled && rolled !== head ? write(rolled, undefined) : keep(undefined);
    };
    await this.#update(name, takeOut, { deadlineMs: takeOutMs });
    // Their lines would take memory, for as many streams as are remembered.
    if (this.#rolls.get(name) === rolls) this.#rolls.delete(name);
  }

  #isSealed(head: Head): boolean {
    const rolls = this.#rolls.get(head.name) ?? [];
    return rolls.some(({ level, first }) => level === 0 && first >= tailFirst(head));
  }

  async #seal(name: string, rolls: readonly Roll[], sealed: readonly Roll[] = []): Promise<void> {
    for (const roll of rolls) await this.#segments.write(name, roll);
    this.#rolls.set(name, [...sealed, ...rolls]);
  }
}
