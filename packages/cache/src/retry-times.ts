/**
 * Until when a load that failed is not tried again, by key. Kept apart from the values: memory forgets one whenever its
 * shard moves, and the store still has it.
 */
export class RetryTimes {
  readonly #maxKeys: number;
  readonly #times = new Map<string, number>();

  constructor(maxKeys: number) {
    this.#maxKeys = maxKeys;
  }

  /** Whether it is too early. */
  isPutOff(key: string, now: number): boolean {
    return now < (this.#times.get(key) ?? Number.NEGATIVE_INFINITY);
  }

  /** After a load that failed. */
  putOff(key: string, until: number): void {
    this.#times.delete(key);
    this.#times.set(key, until);
    for (const oldest of this.#times.keys()) {
      if (this.#times.size <= this.#maxKeys) return;
      this.#times.delete(oldest);
    }
  }

  /** After a load that went well. */
  forget(key: string): void {
    this.#times.delete(key);
  }
}
