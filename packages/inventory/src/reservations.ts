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
}

/** A reservation under its token. */
export type ReservationEntry = readonly [token: string, reservation: Reservation];

/** What has to be known without looking at each of them. It is derived on decoding and never stored. */
interface Summary {
  readonly heldCount: number;
  readonly heldUnits: number;
  /** No held one expires before this. */
  readonly firstHeldExpiry: number;
  /** No final one expired, or would have, before this. */
  readonly firstFinalExpiry: number;
}

const empty: Summary = {
  heldCount: 0,
  heldUnits: 0,
  firstHeldExpiry: Number.POSITIVE_INFINITY,
  firstFinalExpiry: Number.POSITIVE_INFINITY,
};

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
    let summary = empty;
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

  /** None of them expired, or would have, before this. Infinite if there are none. */
  get firstExpiry(): number {
    return Math.min(this.summary.firstHeldExpiry, this.summary.firstFinalExpiry);
  }

  get(token: string): Reservation | undefined {
    return this.#entries.get(token);
  }

  with(token: string, reservation: Reservation): Reservations {
    const before = this.#entries.get(token);
    const without = before ? including(this.summary, before, -1) : this.summary;
    return new Reservations(this.#entries.with(token, reservation), including(without, reservation, 1));
  }

  /** At most so many: the final ones that expire first are forgotten, and some more, so that this is rare. */
  trimmedTo(limit: number): Reservations {
    if (this.size <= limit) return this;
    const final = [...this].filter(([, { status }]) => status !== 'held');
    final.sort(([, left], [, right]) => left.expiresAt - right.expiresAt);
    const dropped = new Set(final.slice(0, this.size - limit + (limit >> 4)).map(([token]) => token));
    return Reservations.of([...this].filter(([token]) => !dropped.has(token)));
  }

  [Symbol.iterator](): Iterator<ReservationEntry> {
    return this.#entries[Symbol.iterator]();
  }
}

/** The summary with a reservation counted in (1) or out (-1). Bounds stay lower bounds when one leaves. */
function including(summary: Summary, { quantity, expiresAt, status }: Reservation, sign: 1 | -1): Summary {
  if (status !== 'held') {
    return { ...summary, firstFinalExpiry: Math.min(summary.firstFinalExpiry, expiresAt) };
  }
  return {
    heldCount: summary.heldCount + sign,
    heldUnits: summary.heldUnits + sign * quantity,
    firstHeldExpiry: Math.min(summary.firstHeldExpiry, expiresAt),
    firstFinalExpiry: summary.firstFinalExpiry,
  };
}
