/** A reservation as the oracle knows it. */
export interface OracleHold {
  readonly quantity: number;
  expiresAt: number;
  status: 'held' | 'committed' | 'released' | 'expired';
  sold: number;
  /** Its number among those that ended; 0 while held, or not numbered yet. */
  ending: number;
}

/** What a call must come to: a value, or an error by code and status. */
export type Expected = Readonly<Record<string, unknown>>;

/**
 * One item in plain words: a number and a list, changed by one call at a time.
 *
 * `changed` holds the sums for the invariants, kept apart from the numbers the calls work on.
 */
export class Oracle {
  onHand: number;
  holds = new Map<string, OracleHold>();
  readonly changed = { adjusted: 0, sold: 0 };
  #endings = 0;
  readonly #skewMs: number;
  readonly #graceMs: number;

  constructor(initial: number, skewMs: number, graceMs: number) {
    this.onHand = initial;
    this.#skewMs = skewMs;
    this.#graceMs = graceMs;
  }

  get reserved(): number {
    return [...this.holds.values()].reduce(
      (sum, hold) => sum + (hold.status === 'held' ? hold.quantity : 0),
      0,
    );
  }

  reserve(token: string, quantity: number, ttlMs: number, now: number): Expected {
    const ended = this.#ended(now);
    const known = ended.get(token);
    if (known) {
      if (known.quantity !== quantity) return { code: 'OPERATION_ID_REUSED' };
      if (known.status === 'held' && now < known.expiresAt) {
        return this.#write(ended, { repeated: true, expiresAt: known.expiresAt });
      }
      if (known.status === 'held') known.status = 'expired';
      return this.#write(ended, { code: 'RESERVATION_RESOLVED', status: known.status, sold: known.sold });
    }
    const have = this.onHand - sumOf(ended);
    if (have < quantity) return { ok: false, need: quantity, have };
    ended.set(token, { quantity, expiresAt: now + ttlMs, status: 'held', sold: 0, ending: 0 });
    return this.#write(ended, { repeated: false, expiresAt: now + ttlMs });
  }

  commit(token: string, wanted: number | undefined, now: number): Expected {
    return this.#resolve(token, now, (hold) => {
      const sold = wanted ?? hold.quantity;
      if (hold.status === 'held') {
        if (sold > hold.quantity) return { code: 'INVALID_ARGUMENT' };
        this.onHand -= sold;
        this.changed.sold += sold;
        Object.assign(hold, { status: 'committed', sold });
        return { status: 'committed', sold, returned: hold.quantity - sold, repeated: false };
      }
      if (hold.status === 'committed' && hold.sold === sold) {
        return { status: 'committed', sold, returned: hold.quantity - sold, repeated: true };
      }
      return { code: 'RESERVATION_RESOLVED', status: hold.status, sold: hold.sold };
    });
  }

  release(token: string, now: number): Expected {
    return this.#resolve(token, now, (hold) => {
      const { status, quantity } = hold;
      if (status === 'committed') return { code: 'RESERVATION_RESOLVED', status, sold: hold.sold };
      const repeated = status !== 'held';
      if (!repeated) hold.status = 'released';
      return { status: hold.status, sold: 0, returned: quantity, repeated };
    });
  }

  extend(token: string, ttlMs: number, now: number): Expected {
    return this.#resolve(token, now, (hold) => {
      if (hold.status !== 'held')
        return { code: 'RESERVATION_RESOLVED', status: hold.status, sold: hold.sold };
      hold.expiresAt = Math.max(hold.expiresAt, now + ttlMs);
      return { expiresAt: hold.expiresAt };
    });
  }

  adjust(delta: number, now: number): Expected {
    const ended = this.#ended(now);
    const have = this.onHand - sumOf(ended);
    if (delta < 0 && have + delta < 0) return { code: 'INSUFFICIENT_STOCK', need: -delta, have };
    this.onHand += delta;
    this.changed.adjusted += delta;
    return this.#write(ended, {});
  }

  sweep(now: number): Expected {
    const ended = this.#ended(now);
    const units = this.reserved - sumOf(ended);
    return this.#write(ended, { units });
  }

  available(now: number): number {
    return this.onHand - sumOf(this.#ended(now));
  }

  /** What ends in one step has no order of its own: takes over the numbers the record gave, each above all before. */
  number(record: ReadonlyMap<string, OracleHold>): void {
    const before = this.#endings;
    for (const [token, hold] of this.holds) {
      if (hold.status === 'held' || hold.ending > 0) continue;
      hold.ending = record.get(token)?.ending ?? 0;
      if (hold.ending <= before) throw new Error(`${token} ended as number ${hold.ending} after ${before}`);
      this.#endings = Math.max(this.#endings, hold.ending);
    }
  }

  #resolve(token: string, now: number, act: (hold: OracleHold) => Expected): Expected {
    const ended = this.#ended(now);
    const hold = ended.get(token);
    if (!hold) return { code: 'RESERVATION_NOT_FOUND' };
    if (hold.status === 'held' && now >= hold.expiresAt) hold.status = 'expired';
    const expected = act(hold);
    return expected.code === 'INVALID_ARGUMENT' ? expected : this.#write(ended, expected);
  }

  /** What time makes of the holds; only a write makes it last. */
  #ended(now: number): Map<string, OracleHold> {
    const ended = new Map<string, OracleHold>();
    // At least the last 256 stay, whatever the time; the others are looked at after each 64.
    const latestAfter = this.#endings - (this.#endings % 64) - 256;
    for (const [token, hold] of this.holds) {
      const isPast = now >= hold.expiresAt + this.#skewMs + this.#graceMs;
      if (hold.status !== 'held' && isPast && hold.ending <= latestAfter) continue;
      const isOver = hold.status === 'held' && now >= hold.expiresAt + this.#skewMs;
      ended.set(token, { ...hold, status: isOver ? 'expired' : hold.status });
    }
    return ended;
  }

  #write(holds: Map<string, OracleHold>, expected: Expected): Expected {
    this.holds = holds;
    return expected;
  }
}

function sumOf(holds: ReadonlyMap<string, OracleHold>): number {
  return [...holds.values()].reduce((sum, hold) => sum + (hold.status === 'held' ? hold.quantity : 0), 0);
}
