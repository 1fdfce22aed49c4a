import type { Leader } from './leader.js';

interface Link {
  readonly leader: Leader | null;
  next?: Link;
}

interface Observer {
  /** The link shown last; undefined once it has left. */
  place: Link | undefined;
  wake(): void;
}

/**
 * The leaders of an election as a chain: who observes holds a place in it, so that nobody misses a change,
 * everybody sees them in order, and who stops looking leaves nothing behind.
 */
export class LeaderFeed {
  /** The link before the latest, where observers begin. */
  #before: Link = { leader: null };
  #isClosed = false;
  /** Those who have been shown all leaders so far. */
  readonly #waiting = new Set<Observer>();

  get leader(): Leader | null {
    return this.#before.next?.leader ?? null;
  }

  /** Says who leads now. False if that is known. */
  push(leader: Leader | null): boolean {
    if (this.leader?.token === leader?.token) return false;
    this.#before = this.#before.next ?? this.#before;
    this.#before.next = { leader };
    this.#wakeAll();
    return true;
  }

  /** Lets every observer come to an end. */
  close(): void {
    this.#isClosed = true;
    this.#wakeAll();
  }

  observe(): AsyncGenerator<Leader | null, void> {
    const observer: Observer = { place: this.#before, wake() {} };
    const leaders = this.#follow(observer);
    const end = leaders.return;
    leaders.return = (value) => {
      // A generator that waits would not hear of it before the next leader.
      observer.place = undefined;
      this.#waiting.delete(observer);
      observer.wake();
      return end.call(leaders, value);
    };
    return leaders;
  }

  async *#follow(observer: Observer): AsyncGenerator<Leader | null, void> {
    while (observer.place) {
      const { next } = observer.place;
      if (next) {
        observer.place = next;
        yield next.leader;
      } else if (this.#isClosed) {
        return;
      } else {
        await new Promise<void>((resolve) => {
          observer.wake = resolve;
          this.#waiting.add(observer);
        });
      }
    }
  }

  #wakeAll(): void {
    for (const observer of this.#waiting) observer.wake();
    this.#waiting.clear();
  }
}
