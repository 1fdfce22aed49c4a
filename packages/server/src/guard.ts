import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http2';
import { status } from '@norikv/client/wire';
import type { ServerSettings } from './options.js';
import { type Refusal, refusal } from './statuses.js';

const mostPeers = 10_000;

/** Decides which calls are served: who may call, how much at once, and how fast. */
export class Guard {
  readonly #settings: ServerSettings;
  readonly #digests: readonly Buffer[];
  readonly #buckets = new Map<string, Bucket>();
  #inFlight = 0;
  #bytes = 0;
  /** Set while the server stops. */
  isClosed = false;

  constructor(settings: ServerSettings) {
    this.#settings = settings;
    this.#digests = settings.tokens.map(digest);
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get pendingBytes(): number {
    return this.#bytes;
  }

  /** Lets a call in (undefined), or says why not. Call {@link leave} for one that was let in. */
  enter(headers: IncomingHttpHeaders, peer: () => string, bytes: number): Refusal | undefined {
    const { maxInFlight, maxPendingBytes, maxCallsPerSecond } = this.#settings;
    if (this.isClosed) return refusal(status.UNAVAILABLE, 'the server is stopping');
    const stranger = this.stranger(headers);
    if (stranger) return stranger;
    if (this.#inFlight >= maxInFlight) {
      return refusal(status.RESOURCE_EXHAUSTED, `${maxInFlight} calls are under way; try again later`);
    }
    if (this.#bytes > 0 && this.#bytes + bytes > maxPendingBytes) {
      return refusal(status.RESOURCE_EXHAUSTED, `${maxPendingBytes} bytes are under way; try again later`);
    }
    if (maxCallsPerSecond !== Number.POSITIVE_INFINITY && !this.#spend(peer())) {
      return refusal(status.RESOURCE_EXHAUSTED, `more than ${maxCallsPerSecond} calls a second; slow down`);
    }
    this.#inFlight += 1;
    this.#bytes += bytes;
    return undefined;
  }

  leave(bytes: number): void {
    this.#inFlight -= 1;
    this.#bytes -= bytes;
  }

  /** The refusal of a caller without a token, where one is needed. */
  stranger({ authorization }: IncomingHttpHeaders): Refusal | undefined {
    if (this.#digests.length === 0) return undefined;
    const token = /^Bearer (.+)$/i.exec(authorization ?? '')?.[1] ?? '';
    const given = digest(token);
    // All of them are compared, so that time tells nothing.
    const matches = this.#digests.filter((known) => timingSafeEqual(known, given)).length;
    return matches > 0
      ? undefined
      : refusal(status.UNAUTHENTICATED, 'the call carries no bearer token this server knows');
  }

  #spend(peer: string): boolean {
    const { maxCallsPerSecond: rate, clock } = this.#settings;
    const now = clock.monotonic();
    const capacity = Math.max(1, rate);
    const bucket = this.#buckets.get(peer) ?? { tokens: capacity, at: now };
    const tokens = Math.min(capacity, bucket.tokens + ((now - bucket.at) / 1_000) * rate);
    const isEnough = tokens >= 1;
    this.#buckets.delete(peer);
    this.#buckets.set(peer, { tokens: isEnough ? tokens - 1 : tokens, at: now });
    this.#forgetOldest();
    return isEnough;
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= mostPeers) return;
    const [oldest] = this.#buckets.keys();
    if (oldest !== undefined) this.#buckets.delete(oldest);
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
