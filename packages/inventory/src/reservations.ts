import { PersistentMap } from './persistent-map.js';

/** How a reservation ended: `committed` units left the stock, `released` and `expired` ones went back to it. */
export type FinalStatus = 'committed' | 'released' | 'expired';

/** `held`: its units are set aside. */
export type ReservationStatus = 'held' | FinalStatus;

/** One reservation in a record. A final one stays for a while, so that a repeated call gets the same answer. */
export interface Reservation {
  readonly quantity: number;
  /** Wall-clock time of the process that reserved or extended, in milliseconds. */
  readonly expiresAt: number;
  readonly status: ReservationStatus;
  /** Units that left the stock; above 0 only if committed. */
  readonly sold: number;
  /** Counts the reservations of its record that have ended, in the order in which they did, from 1. 0 while held. */
  readonly ending: number;
}

/** A reservation under its token. */
export type ReservationEntry = readonly [token: string, reservation: Reservation];

/** What has to be known without looking at each of them. It is derived on decoding and never stored. */
interface Summary {
  readonly heldCount: number;
  readonly heldUnits: number;
  /** No held one expires before this. */
  readonly firstHeldExpiry: number;
  /** Of the final ones but the latest none expired, or would have, before this. */
  readonly firstFinalExpiry: number;
  /** The last to end, which are remembered whatever the time. */
  readonly latest: readonly Reservation[];
  /** How many have ended, those that are forgotten included. */
  readonly endings: number;
}

const empty: Summary = {
  heldCount: 0,
  heldUnits: 0,
  firstHeldExpiry: Number.POSITIVE_INFINITY,
  firstFinalExpiry: Number.POSITIVE_INFINITY,
  latest: [],
  endings: 0,
};

/** So many of the last to end are remembered whatever the time, and fewer than `lookAfter` more. */
const latestEndings = 256;
const lookAfter = 64;

/**
 * The reservation as its own holder sees it: over at its time to the millisecond, while others leave it a
 * margin. The same object if nothing changes.
 */
export function endedBy(reservation: Reservation, now: number): Reservation {
  const isOver = reservation.status === 'held' && now >= reservation.expiresAt;
  return isOver ? { ...reservation, status: 'expired' } : reservation;
}

/** The reservations of one record, immutable. */
export class Reservations implements Iterable<ReservationEntry> {
  readonly #entries: PersistentMap<Reservation>;
  readonly summary: Summary;

  private constructor(entries: PersistentMap<Reservation>, summary: Summary) {
    this.#entries = entries;
    this.summary = summary;
  }

  static of(entries: Iterable<ReservationEntry>): Reservations {
    const map = PersistentMap.of(entries);
    let endings = 0;
    for (const [, { ending }] of map) endings = Math.max(endings, ending);
    let summary: Summary = { ...empty, endings };
    for (const [, reservation] of map) summary = including(summary, reservation, 1);
    return new Reservations(map, summary);
  }

  get size(): number {
    return this.#entries.size;
  }

  /** See `PersistentMap`. */
  get pages(): readonly ReadonlyMap<string, Reservation>[] {
    return this.#entries.pages;
  }

  /** A time that is not far from most of them. */
  get since(): number {
    const first = Math.min(this.summary.firstHeldExpiry, this.summary.firstFinalExpiry);
    return Number.isFinite(first) ? first : 0;
  }

  get(token: string): Reservation | undefined {
    return this.#entries.get(token);
  }

  /** These with one added or replaced. One that ends with that is given its number. */
  with(token: string, given: Reservation): Reservations {
    const before = this.#entries.get(token);
    const without = before?.status === 'held' ? including(this.summary, before, -1) : this.summary;
    if (given.status === 'held') {
      return new Reservations(this.#entries.with(token, given), including(without, given, 1));
    }
    const ended = { ...given, ending: without.endings + 1 };
    return new Reservations(this.#entries.with(token, ended), ending(without, ended));
  }

  /** Whether it is remembered whatever the time. */
  isLatest({ ending }: Reservation): boolean {
    return ending > floorOf(this.summary);
  }

  /** At most so many: the final ones that ended first are forgotten, and some more, so that this is rare. */
  trimmedTo(limit: number): Reservations {
    if (this.size <= limit) return this;
    const final = [...this].filter(([, { status }]) => status !== 'held');
    final.sort(([, left], [, right]) => left.ending - right.ending);
    const dropped = new Set(final.slice(0, this.size - limit + (limit >> 4)).map(([token]) => token));
    return Reservations.of([...this].filter(([token]) => !dropped.has(token)));
  }

  [Symbol.iterator](): Iterator<ReservationEntry> {
    return this.#entries[Symbol.iterator]();
  }
}

/** Time makes forgotten what ended up to this. It moves in steps: what it passes is looked at, and dropped, together. */
function floorOf({ endings }: Summary): number {
  return endings - (endings % lookAfter) - latestEndings;
}

/** The summary with one more that has ended. */
function ending(summary: Summary, ended: Reservation): Summary {
  const next = including({ ...summary, endings: ended.ending }, ended, 1);
  if (ended.ending % lookAfter > 0) return next;
  return next.latest.reduce<Summary>((sum, each) => including(sum, each, 1), { ...next, latest: [] });
}

/** The summary with a reservation counted in (1) or, a held one, out (-1). Bounds stay lower bounds when one leaves. */
function including(summary: Summary, reservation: Reservation, sign: 1 | -1): Summary {
  const { quantity, expiresAt, status } = reservation;
  if (status !== 'held' && reservation.ending > floorOf(summary)) {
    return { ...summary, latest: [...summary.latest, reservation] };
  }
  if (status !== 'held') {
    return { ...summary, firstFinalExpiry: Math.min(summary.firstFinalExpiry, expiresAt) };
  }
  return {
    ...summary,
    heldCount: summary.heldCount + sign,
    heldUnits: summary.heldUnits + sign * quantity,
    firstHeldExpiry: Math.min(summary.firstHeldExpiry, expiresAt),
  };
}
