import type { Clock } from '@norikv/store';
import { type Admission, admit } from './admit.js';
import type { Denials } from './denials.js';
import { type Grant, Granted } from './granted.js';
import type { Grants } from './grants.js';
import type { Limit } from './limit.js';
import { type PendingAnswer, PendingAnswers } from './pending-answers.js';
import type { Records } from './records.js';
import type { RateLimitResult } from './result.js';
import { Stocks } from './stocks.js';

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
 * with chunks, those that follow are handed what was taken for them.
 */
export class Bursts {
  readonly #records: Pick<Records, 'update'>;
  readonly #settings: BurstSettings;
  readonly #grants: Grants;
  readonly #denials: Denials;
  /** The one of each key that requests may join. */
  readonly #open = new Map<string, Burst>();
  readonly #stocks: Stocks;
  readonly #pending = new PendingAnswers();

  constructor(records: Pick<Records, 'update'>, settings: BurstSettings, grants: Grants, denials: Denials) {
    this.#records = records;
    this.#settings = settings;
    this.#grants = grants;
    this.#denials = denials;
    this.#stocks = new Stocks(settings.clock, settings.maxIdentifiers);
  }

  /** The denial that a request would meet again, unless this process holds permits for it. */
  denialOf(key: string, limits: readonly Limit[], cost: number): RateLimitResult | undefined {
    const denial = this.#denials.find(key, limits, cost);
    return denial && this.#stocks.covers(key, limits, cost) ? undefined : denial;
  }

  /** Not an async function, which would cost every request another promise. */
  take(key: string, limits: readonly Limit[], cost: number): Promise<RateLimitResult> {
    const handedOut = this.#stocks.handOut(key, limits, cost);
    if (handedOut) return Promise.resolve(handedOut);
    const open = this.#open.get(key);
    const burst = open?.limits === limits ? open : this.#begin(key, limits);
    const position = burst.costs.push(cost) - 1;
    return burst.admission.then(({ answers, taken }) => {
      const answer = answers[position];
      if (typeof answer === 'number')
        return new Granted(taken as RateLimitResult, cost, answer, 'store', burst.grant);
      // It may have been denied for permits that the write before it took for it.
      return this.#stocks.handOut(key, limits, cost) ?? (answer as RateLimitResult);
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
    this.#stocks.forget(key);
  }

  /** Requests may join until the decision is made: while an earlier write is on its way, all are one burst. */
  #begin(key: string, limits: readonly Limit[]): Burst {
    const costs: number[] = [];
    const grant = this.#grants.prepare(key, limits);
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
          // What is held already is part of a chunk: leftovers do not pile up.
          const chunk = this.#settings.chunk - this.#stocks.count(key, limits);
          return admit(limits, costs, chunk)(record, now);
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
    if (!isOutdated) {
      for (const denial of denials) {
        // Another process blocks it: what is held is not to be used either.
        if (denial.blocked) this.#stocks.forget(key);
        this.#denials.remember(key, limits, denial, decidedAt);
      }
    }
    if (!taken || spare === 0 || isForgotten) return;
    // From when they were counted: the answer may have been long on its way, or the process stopped.
    const until = decidedAt + this.#settings.chunkHoldMs;
    this.#stocks.add({ left: spare, taken, grant, until });
  }
}
