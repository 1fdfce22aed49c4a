import type { Transition } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import { type Admission, admit, withHeld } from './admit.js';
import { BoundedMap } from './bounded-map.js';
import type { Limit } from './limit.js';
import { type PendingAnswer, PendingAnswers } from './pending-answers.js';
import type { RateLimitRecord } from './record.js';
import type { RateLimitResult } from './result.js';

/** Permits this process holds. */
interface Stock {
  left: number;
  readonly taken: RateLimitResult;
  /** By the monotonic clock. */
  readonly until: number;
}

/** Requests that wait for one write. */
interface Burst {
  readonly costs: number[];
  readonly admission: Promise<Admission>;
}

/** Applies a transition to the record of a key. */
type Apply = (key: string, transition: Transition<RateLimitRecord, Admission>) => Promise<Admission>;

/** Numbers of {@link Bursts}. */
export interface BurstSettings {
  readonly clock: Clock;
  readonly chunk: number;
  readonly chunkHoldMs: number;
  readonly maxIdentifiers: number;
}

/**
 * The requests of this process: those that wait for the record of one identifier are decided together, and
 * with chunks, those that follow are handed what was taken for them. What is not used in time is lost, never
 * used later.
 */
export class Bursts {
  readonly #apply: Apply;
  readonly #settings: BurstSettings;
  readonly #open = new Map<string, Burst>();
  readonly #stocks: BoundedMap<Map<string, Stock>>;
  readonly #pending = new PendingAnswers();

  constructor(apply: Apply, settings: BurstSettings) {
    this.#apply = apply;
    this.#settings = settings;
    this.#stocks = new BoundedMap(settings.maxIdentifiers);
  }

  async take(key: string, limits: readonly Limit[], cost: number): Promise<RateLimitResult> {
    const kind = limits.map(({ id }) => id).join(' ');
    const held = this.#handOut(key, kind, cost);
    if (held) return held;
    const burst = this.#open.get(`${kind} ${key}`) ?? this.#begin(key, kind, limits);
    const position = burst.costs.push(cost) - 1;
    const { results } = await burst.admission;
    return results[position] as RateLimitResult;
  }

  forget(key: string): void {
    this.#pending.outdate(key);
    this.#stocks.delete(key);
  }

  #handOut(key: string, kind: string, cost: number): RateLimitResult | undefined {
    const stock = this.#stocks.get(key)?.get(kind);
    if (!stock || stock.left < cost || stock.until <= this.#settings.clock.monotonic()) return undefined;
    stock.left -= cost;
    return { ...withHeld(stock.taken, cost, stock.left), source: 'memory' };
  }

  /** Requests may join until the decision is made: while an earlier write is on its way, all are one burst. */
  #begin(key: string, kind: string, limits: readonly Limit[]): Burst {
    const { clock, chunk, chunkHoldMs } = this.#settings;
    const name = `${kind} ${key}`;
    const costs: number[] = [];
    const close = (): void => {
      if (this.#open.get(name) === burst) this.#open.delete(name);
    };
    const send = async (answer: PendingAnswer): Promise<Admission> => {
      const admission = await this.#apply(key, (record, now) => {
        close();
        return admit(limits, costs, chunk)(record, now);
      });
      const { taken, spare } = admission;
      if (taken && spare > 0 && !answer.isOutdated) {
        const stocks = this.#stocks.get(key) ?? new Map<string, Stock>();
        const until = clock.monotonic() + chunkHoldMs;
        this.#stocks.set(key, stocks.set(kind, { left: spare, taken, until }));
      }
      return admission;
    };
    const burst: Burst = { costs, admission: this.#pending.follow(key, send).finally(close) };
    this.#open.set(name, burst);
    return burst;
  }
}
