import type { Clock } from '@norikv/store';
import { type Admission, admit } from './admit.js';
import { BoundedMap } from './bounded-map.js';
import type { Denials } from './denials.js';
import { type Grant, Granted } from './granted.js';
import type { Grants } from './grants.js';
import type { Limit } from './limit.js';
import { type PendingAnswer, PendingAnswers } from './pending-answers.js';
import type { Records } from './records.js';
import type { RateLimitResult } from './result.js';

/** Permits this process holds. */
interface Stock {
  left: number;
  readonly taken: RateLimitResult;
  readonly grant: Grant;
  /** By the monotonic clock. */
  readonly until: number;
}

/** Requests that wait for one write. */
interface Burst {
  readonly limits: readonly Limit[];
  readonly costs: number[];
  readonly grant: Grant;
  readonly admission: Promise<Admission>;
}

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
  readonly #records: Pick<Records, 'update'>;
  readonly #settings: BurstSettings;
  readonly #grants: Grants;
  readonly #denials: Denials;
  /** The one of each key that requests may join. */
  readonly #open = new Map<string, Burst>();
  readonly #stocks: BoundedMap<Map<string, Stock>>;
  readonly #pending = new PendingAnswers();

  constructor(records: Pick<Records, 'update'>, settings: BurstSettings, grants: Grants, denials: Denials) {
    this.#records = records;
    this.#settings = settings;
    this.#grants = grants;
    this.#denials = denials;
    this.#stocks = new BoundedMap(settings.maxIdentifiers);
  }

  /** Not an async function, which would cost every request another promise. */
  take(key: string, limits: readonly Limit[], cost: number): Promise<RateLimitResult> {
    const handedOut = this.#handOut(key, limits, cost);
    if (handedOut) return Promise.resolve(handedOut);
    const open = this.#open.get(key);
    const burst = open?.limits === limits ? open : this.#begin(key, limits);
    const position = burst.costs.push(cost) - 1;
    return burst.admission.then(({ answers, taken }) => {
      const answer = answers[position];
      if (typeof answer !== 'number') return answer as RateLimitResult;
      return new Granted(taken as RateLimitResult, cost, answer, 'store', burst.grant);
    });
  }

  /** Permits came back: a denial that is on its way may be wrong by now. */
  outdate(key: string): void {
    this.#pending.outdate(key);
    this.#denials.forget(key);
  }

  /** It was reset or blocked: what was taken for later is not to be used either. */
  forget(key: string): void {
    this.#pending.forget(key);
    this.#denials.forget(key);
    this.#stocks.delete(key);
  }

  #handOut(key: string, limits: readonly Limit[], cost: number): RateLimitResult | undefined {
    const stock = this.#stocks.get(key)?.get(kindOf(limits));
    if (!stock || stock.left < cost || stock.until <= this.#settings.clock.monotonic()) return undefined;
    stock.left -= cost;
    return new Granted(stock.taken, cost, stock.left, 'memory', stock.grant);
  }

  /** Requests may join until the decision is made: while an earlier write is on its way, all are one burst. */
  #begin(key: string, limits: readonly Limit[]): Burst {
    const costs: number[] = [];
    const grant = this.#grants.prepare(key, limits);
    const decide = admit(limits, costs, this.#settings.chunk);
    const close = (): void => {
      if (this.#open.get(key) === burst) this.#open.delete(key);
    };
    const send = async (): Promise<Admission> => {
      const answer = this.#pending.follow(key);
      let decidedAt = 0;
      try {
        const admission = await this.#records.update(key, (record, now) => {
          close();
          decidedAt = this.#settings.clock.monotonic();
          return decide(record, now);
        });
        this.#remember(grant, admission, answer, decidedAt);
        return admission;
      } finally {
        close();
        this.#pending.ended(key, answer);
      }
    };
    const burst: Burst = { limits, costs, grant, admission: send() };
    this.#open.set(key, burst);
    return burst;
  }

  #remember(
    grant: Grant,
    { taken, spare, denials }: Admission,
    { isOutdated, isForgotten }: PendingAnswer,
    decidedAt: number,
  ): void {
    const { key, limits } = grant;
    const { clock, chunkHoldMs } = this.#settings;
    if (!isOutdated) for (const denial of denials) this.#denials.remember(key, limits, denial, decidedAt);
    if (!taken || spare === 0 || isForgotten) return;
    const now = clock.monotonic();
    const usable = [...(this.#stocks.get(key) ?? [])].filter(([, { until }]) => until > now);
    // From when they were counted: the answer may have been long on its way, or the process stopped.
    const stock = { left: spare, taken, grant, until: decidedAt + chunkHoldMs };
    this.#stocks.set(key, new Map([...usable, [kindOf(limits), stock]]));
  }
}

function kindOf(limits: readonly Limit[]): string {
  return limits.map(({ id }) => id).join(' ');
}
