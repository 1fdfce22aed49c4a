import { keep, remove, type Transition, write } from '@norikv/cas-retry';
import type { CallBudget } from '../core/call-budget.js';
import type { LimitedUpdater } from '../core/limited-updater.js';
import { entriesAt, entriesCodec, type IndexEntry, isSameContent } from './index-entry.js';

type Stored = readonly (readonly [id: string, generation: number])[];
type Owner = Pick<IndexEntry, 'id' | 'generation'>;

/** An index over keys: claims, which belong to one content, and bands, which list several. */
export class KeyIndex {
  readonly #updater: LimitedUpdater;
  readonly #prefix: string;
  readonly #bandLimit: number;

  constructor(updater: LimitedUpdater, prefix: string, bandLimit: number) {
    this.#updater = updater;
    this.#prefix = prefix;
    this.#bandLimit = bandLimit;
  }

  async holderOf(hash: string, budget: CallBudget): Promise<IndexEntry[]> {
    return this.#read(this.#claimKey(hash), 'claim', budget);
  }

  async membersOf(band: string, budget: CallBudget): Promise<IndexEntry[]> {
    return this.#read(this.#bandKey(band), band, budget);
  }

  /**
   * Claims a text, if nobody else holds it, or the holder is the one that is known to have lost it. Whoever
   * holds it now.
   */
  claim(hash: string, owner: Owner, lost: Owner | undefined, budget: CallBudget): Promise<IndexEntry> {
    return this.#update(this.#claimKey(hash), budget, (stored) => {
      const [holder] = entriesAt('claim', stored);
      const mine = { ...owner, place: 'claim' };
      if (holder && isSameContent(holder, owner)) return keep(mine);
      const isOlderOwn = holder?.id === owner.id && holder.generation < owner.generation;
      const isFree = !holder || isOlderOwn || (lost && isSameContent(holder, lost));
      return isFree ? write([[owner.id, owner.generation]], mine) : keep(holder);
    });
  }

  /** Enters a content in a band, and returns who was in it. A full band takes nobody in. */
  join(band: string, owner: Owner, budget: CallBudget): Promise<IndexEntry[]> {
    return this.#update(this.#bandKey(band), budget, (stored = []) => {
      const members = entriesAt(band, stored);
      const isIn = members.some((entry) => isSameContent(entry, owner));
      if (isIn || this.isFull(members)) return keep(members);
      return write([...stored, [owner.id, owner.generation]], members);
    });
  }

  isFull(members: readonly IndexEntry[]): boolean {
    return members.length >= this.#bandLimit;
  }

  /** Gives a claim back, if this content holds it. */
  release(hash: string, owner: Owner, budget: CallBudget): Promise<void> {
    return this.#strike(this.#claimKey(hash), owner, budget);
  }

  /** Strikes a content off a band. */
  leave(band: string, owner: Owner, budget: CallBudget): Promise<void> {
    return this.#strike(this.#bandKey(band), owner, budget);
  }

  async #strike(key: string, owner: Owner, budget: CallBudget): Promise<void> {
    await this.#update(key, budget, (stored = []) => {
      const rest = stored.filter(([id, generation]) => !isSameContent({ id, generation }, owner));
      if (rest.length === stored.length) return keep(null);
      return rest.length === 0 ? remove(null) : write(rest, null);
    });
  }

  async #read(key: string, place: string, budget: CallBudget): Promise<IndexEntry[]> {
    return entriesAt(place, await this.#updater.read(key, entriesCodec, budget));
  }

  #update<Result>(key: string, budget: CallBudget, transition: Transition<Stored, Result>): Promise<Result> {
    return this.#updater.update(key, entriesCodec, transition, budget);
  }

  #claimKey(hash: string): string {
    return `${this.#prefix}hash/${hash}`;
  }

  #bandKey(band: string): string {
    return `${this.#prefix}band/${band}`;
  }
}
