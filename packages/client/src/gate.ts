import { type Key, ResourceExhaustedError } from '@norikv/store';
import type { CallLimit } from './call-limit.js';
import type { Settings } from './config.js';

/** Bounds how many calls travel, how many wait, and how many bytes both hold. First come, first served. */
export class Gate {
  readonly #settings: Pick<Settings, 'maxInFlight' | 'maxWaiting' | 'maxPendingBytes'>;
  readonly #waiting = new Set<() => void>();
  #inFlight = 0;
  #bytes = 0;
  #becomeIdle: (() => void) | undefined;

  constructor(settings: Pick<Settings, 'maxInFlight' | 'maxWaiting' | 'maxPendingBytes'>) {
    this.#settings = settings;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  /**
   * Lets a call pass: at once (undefined), or when the promise resolves. Call {@link leave} when it has ended.
   *
   * @throws ResourceExhaustedError at once if too much is under way already.
   */
  enter(bytes: number, limit: CallLimit, key: Key | undefined): Promise<void> | undefined {
    const { maxInFlight, maxPendingBytes } = this.#settings;
    if (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      throw refusal(`${this.#bytes} bytes are under way; maxPendingBytes is ${maxPendingBytes}`, key);
    }
    if (this.#inFlight >= maxInFlight) return this.#queue(bytes, limit, key);
    this.#inFlight += 1;
    this.#bytes += bytes;
    return undefined;
  }

  /** Ends a call that was let in. */
  leave(bytes: number): void {
    this.#bytes -= bytes;
    const [next] = this.#waiting;
    if (next === undefined) {
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#becomeIdle?.();
      return;
    }
    this.#waiting.delete(next);
    next();
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#inFlight === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#becomeIdle = resolve;
    });
  }

  async #queue(bytes: number, limit: CallLimit, key: Key | undefined): Promise<void> {
    const { maxInFlight, maxWaiting } = this.#settings;
    if (this.#waiting.size >= maxWaiting) {
      throw refusal(
        `${maxInFlight} calls are under way and ${maxWaiting} wait (maxInFlight, maxWaiting)`,
        key,
      );
    }
    this.#bytes += bytes;
    const turn = newTurn();
    this.#waiting.add(turn.enter);
    try {
      await limit.wait(turn.come);
    } catch (error) {
      this.#bytes -= bytes;
      // Let in at the very moment it gave up: the place goes to the next one.
      if (!this.#waiting.delete(turn.enter)) this.leave(0);
      throw error;
    }
  }
}

interface Turn {
  /** Resolves when it has come. */
  readonly come: Promise<void>;
  enter(): void;
}

function newTurn(): Turn {
  const resolvers: (() => void)[] = [];
  const come = new Promise<void>((resolve) => resolvers.push(resolve));
  return { come, enter: () => resolvers.pop()?.() };
}

function refusal(why: string, key: Key | undefined): ResourceExhaustedError {
  const message = `Too many calls at once: ${why}. Wait for some to end, or raise the limit`;
  return new ResourceExhaustedError(message, { key });
}
