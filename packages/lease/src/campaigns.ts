import { delay } from '@norikv/cas-retry';
import { CancelledError, type Outcome } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { draw } from '@norikv/store/checks';
import { mayStand } from './errors.js';
import { HeldLease } from './held-lease.js';
import { elapsedMs } from './instant.js';
import type { LeaseRecord } from './lease-record.js';
import type { Ledger } from './ledger.js';
import { isUnknown, mayPass } from './may-pass.js';
import type { AcquireOptions } from './options.js';
import { hasRunOut, remainingMs, type Sighting, sightingOf } from './sightings.js';

/** What is campaigned for: any one of some records. */
export interface Place {
  readonly name: string;
  /** In the order in which to try them, asked anew for each round. What it throws fails the round. */
  keys(): readonly string[] | Promise<readonly string[]>;
}

/** A campaign that ended without a lease. */
export interface Refusal {
  /** Who holds it, if the last round found that out. */
  readonly standing?: LeaseRecord | undefined;
  /** Why it did not. */
  readonly error?: unknown;
  /** `unknown` if a claim may stand all the same. Default `not-applied`. */
  readonly outcome?: Outcome;
}

/** Options of a campaign. `onRefusal` is told of every round that did not win. */
export interface CampaignOptions extends AcquireOptions {
  readonly onRefusal?: ((refusal: Refusal) => void) | undefined;
}

/** One acquisition in progress. */
interface Candidacy {
  readonly place: Place;
  readonly options: CampaignOptions;
  readonly tenure: string;
  readonly startedAt: number;
  /** Records that may hold this tenure without anybody knowing. */
  readonly inDoubt: Set<string>;
  /** What it has seen of each record: as long as it waits, it forgets none. */
  readonly seen: Map<string, Sighting>;
}

/** They take some megabytes. */
const rememberedSightings = 16_384;

/** Acquires leases: tries, and where others hold them watches and tries again. */
export class Campaigns {
  readonly #ledger: Ledger;
  /**
   * What was seen last, for a try that follows another one. Forgetting one, as happens to the oldest of many,
   * only makes its time start anew. Who waits must not rely on it: where many wait, all would forget in turn.
   */
  readonly #sightings: BoundedMap<Sighting>;

  constructor(ledger: Ledger, sightings: BoundedMap<Sighting> = new BoundedMap(rememberedSightings)) {
    this.#ledger = ledger;
    this.#sightings = sightings;
  }

  /**
   * Throws only what waiting does not help against, and `CancelledError`. Where a claim may stand all the same, as it
   * could not be given back, whatever ends the campaign without a lease says so.
   */
  async run(place: Place, options: CampaignOptions): Promise<HeldLease | Refusal> {
    const candidacy: Candidacy = {
      place,
      options,
      tenure: crypto.randomUUID(),
      startedAt: this.#ledger.settings.clock.monotonic(),
      inDoubt: new Set(),
      seen: new Map(),
    };
    const [ending] = await Promise.allSettled([this.#rounds(candidacy)]);
    const isGivenBack = await this.#giveBack(candidacy);
    if (ending.status === 'rejected') throw isGivenBack ? ending.reason : mayStand(place.name, ending.reason);
    const { value } = ending;
    if (isGivenBack || value instanceof HeldLease) return value;
    return { ...value, error: mayStand(place.name, value.error), outcome: 'unknown' };
  }

  async #rounds(candidacy: Candidacy): Promise<HeldLease | Refusal> {
    const { clock } = this.#ledger.settings;
    const { options, startedAt } = candidacy;
    const { waitMs = Number.POSITIVE_INFINITY, signal, onRefusal } = options;
    for (;;) {
      const outcome = await this.#round(candidacy);
      if (outcome instanceof HeldLease) return outcome;
      onRefusal?.(outcome);
      const leftMs = startedAt + waitMs - clock.monotonic();
      if (leftMs <= 0) return outcome;
      await delay(Math.min(leftMs, this.#pauseMs(candidacy, outcome)), signal, clock);
    }
  }

  /** Whether every claim in doubt was found and freed. One that was not found may be on its way still. */
  async #giveBack({ inDoubt, tenure }: Candidacy): Promise<boolean> {
    const releases = [...inDoubt].map((key) => this.#ledger.release(key, tenure).catch(() => false));
    return (await Promise.all(releases)).every(Boolean);
  }

  async #round(candidacy: Candidacy): Promise<HeldLease | Refusal> {
    const { place, options } = candidacy;
    let standing: LeaseRecord | undefined;
    try {
      for (const key of await place.keys()) {
        const outcome = await this.#try(key, candidacy);
        if (outcome instanceof HeldLease) return outcome;
        standing = outcome;
      }
      return { standing };
    } catch (error) {
      if (options.signal?.aborted) throw cancelled(options.signal);
      if (!mayPass(error)) throw error;
      this.#ledger.settings.onEvent({ kind: 'attempt-failed', name: place.name, error });
      return { error };
    }
  }

  async #try(key: string, candidacy: Candidacy): Promise<HeldLease | LeaseRecord | undefined> {
    const { clock, holdMs, onEvent } = this.#ledger.settings;
    const { place, options, tenure, startedAt, inDoubt, seen } = candidacy;
    const known = seen.get(key) ?? this.#sightings.get(key);
    const mayTake = (record: LeaseRecord): boolean => hasRunOut(record, known, clock.monotonic());
    const answer = await this.#ledger.claim(key, tenure, mayTake, options.signal).catch((error) => {
      if (isUnknown(error)) inDoubt.add(key);
      throw error;
    });
    if ('standing' in answer) {
      const sighting = sightingOf(answer.standing, known, clock.monotonic());
      seen.set(key, sighting);
      this.#sightings.set(key, sighting);
      return answer.standing;
    }
    const { grant } = answer;
    seen.delete(key);
    this.#sightings.delete(key);
    // Too slow to rely on. The next try writes it once more, or the end of the campaign gives it back.
    inDoubt.add(key);
    if (elapsedMs(clock, grant.at) >= holdMs) return undefined;
    inDoubt.delete(key);
    const { takenFrom } = grant;
    const waitedMs = clock.monotonic() - startedAt;
    onEvent({ kind: 'acquired', name: place.name, token: grant.record.epoch, waitedMs, takenFrom });
    return new HeldLease(place.name, key, this.#ledger, grant, options);
  }

  /** Until the next look, or until a record will have run out if that is sooner. */
  #pauseMs({ seen }: Candidacy, { error }: Refusal): number {
    const { clock, pollMs, jitter, random } = this.#ledger.settings;
    const lookMs = pollMs * (1 + jitter * draw(random));
    if (error !== undefined) return lookMs;
    const now = clock.monotonic();
    return Math.min(lookMs, ...[...seen.values()].map((sighting) => Math.max(0, remainingMs(sighting, now))));
  }
}

function cancelled(signal: AbortSignal): CancelledError {
  return new CancelledError('Waiting for the lease was cancelled.', { cause: signal.reason });
}
