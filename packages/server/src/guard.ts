import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import { status } from '@norikv/client/wire';
import { BoundedMap } from '@norikv/store/bounded-map';
import type { ServerSettings } from './options.js';
import { type Refusal, refusal } from './statuses.js';

const mostPeers = 10_000;
/** Answers up to this overtake others: behind long ones that nobody takes, short reads would wait for a minute. */
export const shortAnswer: number = 64 * 2 ** 10;

/** Decides which calls are served: who may call, how much at once, and how fast. */
export class Guard {
  readonly #settings: ServerSettings;
  #digests: readonly Buffer[];
  /** Headers of streams that carry a token: one stream may carry many calls. */
  #known = new WeakSet<IncomingHttpHeaders>();
  readonly #buckets = new BoundedMap<Bucket>(mostPeers);
  /** Who waits for room, in their order, and for how many bytes. Short ones wait for each other only. */
  readonly #waitingShort = new Map<() => void, number>();
  readonly #waitingLong = new Map<() => void, number>();
  #inFlight = 0;
  #bytes = 0;
  #bytesAside = 0;
  /** Set while the server stops. */
  isClosed = false;

  constructor(settings: ServerSettings) {
    this.#settings = settings;
    this.#digests = settings.tokens.map(digest);
  }

  /** From now on calls need one of these tokens. */
  renew(tokens: readonly string[]): void {
    this.#digests = tokens.map(digest);
    this.#known = new WeakSet();
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get pendingBytes(): number {
    return this.#bytes + this.#bytesAside;
  }

  /** Whether somebody waits for {@link room}. */
  get isAwaited(): boolean {
    return this.#waitingShort.size + this.#waitingLong.size > 0;
  }

  /** Lets a call in (undefined), or says why not. Call {@link leave} for one that was let in. */
  enter(peer: () => string): Refusal | undefined {
    const { maxInFlight, maxCallsPerSecond } = this.#settings;
    if (this.isClosed) return refusal(status.UNAVAILABLE, 'the server is stopping');
    if (this.#inFlight >= maxInFlight) {
      return refusal(status.RESOURCE_EXHAUSTED, `${maxInFlight} calls are under way; try again later`);
    }
    if (maxCallsPerSecond !== Number.POSITIVE_INFINITY && !this.#spend(peer())) {
      return refusal(status.RESOURCE_EXHAUSTED, `more than ${maxCallsPerSecond} calls a second; slow down`);
    }
    this.#inFlight += 1;
    return undefined;
  }

  leave(): void {
    this.#inFlight -= 1;
  }

  /**
   * Counts bytes that are kept for a call (undefined), or says why they cannot be. Give them back with
   * {@link release}.
   *
   * @param already - kept for the same call: one that is alone always fits.
   */
  hold(bytes: number, already: number): Refusal | undefined {
    if (!this.#fits(bytes, this.#bytes, already)) return this.#full();
    this.#bytes += bytes;
    return undefined;
  }

  /**
   * Counts bytes that were held apart from now on (undefined), where they keep nobody waiting, or says why they cannot be
   * kept. There may be as many of them as of the others.
   */
  setAside(bytes: number): Refusal | undefined {
    if (!this.#fits(bytes, this.#bytesAside, 0)) return this.#full();
    this.#bytesAside += bytes;
    this.release(bytes);
    return undefined;
  }

  /** Gives back what was held, and what was set aside; those come for whom there is room now. */
  release(bytes: number, bytesAside = 0): void {
    this.#bytes -= bytes;
    this.#bytesAside -= bytesAside;
    this.#letCome();
  }

  /**
   * Holds bytes as soon as there is room for them: first come, first served, short before long. A refusal if the signal
   * fires before.
   */
  room(bytes: number, signal: AbortSignal): Promise<Refusal | undefined> {
    const waiting = bytes <= shortAnswer ? this.#waitingShort : this.#waitingLong;
    return new Promise((resolve) => {
      const end = (refused?: Refusal): void => {
        waiting.delete(come);
        signal.removeEventListener('abort', leave);
        resolve(refused);
      };
      const come = (): void => {
        this.#bytes += bytes;
        end();
      };
      const leave = (): void => {
        end(refusal(status.CANCELLED, 'nobody waits for the answer'));
        this.#letCome();
      };
      if (signal.aborted) return leave();
      waiting.set(come, bytes);
      signal.addEventListener('abort', leave);
      this.#letCome();
    });
  }

  #letCome(): void {
    for (const waiting of [this.#waitingShort, this.#waitingLong]) {
      for (const [come, bytes] of waiting) {
        if (!this.#fits(bytes, this.#bytes, 0)) break;
        come();
      }
    }
  }

  #fits(bytes: number, kept: number, already: number): boolean {
    return kept <= already || kept + bytes <= this.#settings.maxPendingBytes;
  }

  #full(): Refusal {
    const { maxPendingBytes } = this.#settings;
    return refusal(status.RESOURCE_EXHAUSTED, `${maxPendingBytes} bytes are under way; try again later`);
  }

  /** The refusal of a caller that lacks a token, where one is needed. */
  authenticate(headers: IncomingHttpHeaders): Refusal | undefined {
    if (this.#digests.length === 0 || this.#known.has(headers)) return undefined;
    const token = /^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    const given = digest(token);
    // All of them are compared, so that time tells nothing.
    const matches = this.#digests.filter((known) => timingSafeEqual(known, given)).length;
    if (matches === 0)
      return refusal(status.UNAUTHENTICATED, 'the call carries no bearer token this server knows');
    this.#known.add(headers);
    return undefined;
  }

  #spend(peer: string): boolean {
    const { maxCallsPerSecond: rate, clock } = this.#settings;
    const now = clock.monotonic();
    const capacity = Math.max(1, rate);
    const bucket = this.#buckets.get(peer) ?? { tokens: capacity, at: now };
    const tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1_000) * rate);
    const isEnough = tokens >= 1;
    this.#buckets.set(peer, { tokens: isEnough ? tokens - 1 : tokens, at: now });
    return isEnough;
  }
}

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

/** The host of a peer `host:port`: a new connection is no new peer. */
export function hostOf(peer: string): string {
  return peer.replace(/:\d+$/, '');
}

function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
