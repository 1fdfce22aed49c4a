import { type Deferred, deferred } from './deferred.js';
import type { Leader } from './leader.js';

interface Link {
  readonly leader: Leader | null;
  readonly next: Deferred<Link | undefined>;
}

/**
 * The leaders of an election as a chain: who observes holds a place in it, so that nobody misses a change,
 * everybody sees them in order, and who stops looking leaves nothing behind.
 */
export class LeaderFeed {
  #latest: Link | undefined;
  #next: Deferred<Link | undefined> = deferred();

  get leader(): Leader | null {
    return this.#latest?.leader ?? null;
  }

  /** Says who leads now. False if that is known. */
  push(leader: Leader | null): boolean {
    if (this.leader?.token === leader?.token) return false;
    const before = this.#next;
    this.#next = deferred();
    this.#latest = { leader, next: this.#next };
    before.resolve(this.#latest);
    return true;
  }

  /** Lets every observer come to an end. */
  close(): void {
    this.#next.resolve(undefined);
  }

  async *observe(): AsyncGenerator<Leader | null, void, undefined> {
    for (let link = this.#latest ?? (await this.#next.promise); link; link = await link.next.promise) {
      yield link.leader;
    }
  }
}
