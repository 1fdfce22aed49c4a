/**
 * A map that forgets what was set longest ago, so that whoever chooses the keys cannot fill the memory.
 *
 * Setting a value again, also the same one, keeps it for longer; getting one does not.
 */
export class BoundedMap<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #maxEntries: number;

  /** @param maxEntries - how many values are remembered. */
  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** The value of a key; undefined if there is none, or it was forgotten. */
  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  /** Remembers a value, and forgets the one that was set longest ago if they are too many. */
  set(key: string, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#maxEntries) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Forgets a value. */
  delete(key: string): void {
    this.#entries.delete(key);
  }
}
