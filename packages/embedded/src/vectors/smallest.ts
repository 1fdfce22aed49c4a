/** A number and the row it belongs to. */
export interface Ranked {
  readonly value: number;
  readonly row: number;
}

/** Keeps the smallest of the numbers it is offered: a heap with the largest kept one on top. */
export class Smallest {
  readonly #values: Float64Array;
  readonly #rows: Int32Array;
  readonly #isBefore: (row: number, other: number) => boolean;
  #size = 0;

  /** @param isBefore - which of two rows with equal numbers comes first. */
  constructor(capacity: number, isBefore: (row: number, other: number) => boolean) {
    this.#values = new Float64Array(capacity);
    this.#rows = new Int32Array(capacity);
    this.#isBefore = isBefore;
  }

  get size(): number {
    return this.#size;
  }

  /** The largest number kept; infinite until there are as many as there may be. */
  get bound(): number {
    return this.#size < this.#values.length ? Number.POSITIVE_INFINITY : this.#value(0);
  }

  offer(value: number, row: number): void {
    if (this.#size < this.#values.length) {
      this.#size += 1;
      this.#rise(this.#size - 1, value, row);
    } else if (this.#isLess(value, row, 0)) this.#sink(value, row);
  }

  /** Takes out the largest one. */
  take(): Ranked {
    const top = { value: this.#value(0), row: this.#row(0) };
    this.#size -= 1;
    if (this.#size > 0) this.#sink(this.#value(this.#size), this.#row(this.#size));
    return top;
  }

  #rise(from: number, value: number, row: number): void {
    let place = from;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (this.#isLess(value, row, parent)) break;
      this.#set(place, this.#value(parent), this.#row(parent));
      place = parent;
    }
    this.#set(place, value, row);
  }

  #sink(value: number, row: number): void {
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && this.#isLess(this.#value(child), this.#row(child), child + 1)) child += 1;
      if (!this.#isLess(value, row, child)) break;
      this.#set(place, this.#value(child), this.#row(child));
      place = child;
    }
    this.#set(place, value, row);
  }

  #isLess(value: number, row: number, place: number): boolean {
    const other = this.#value(place);
    return value < other || (value === other && this.#isBefore(row, this.#row(place)));
  }

  #set(place: number, value: number, row: number): void {
    this.#values[place] = value;
    this.#rows[place] = row;
  }

  #value(place: number): number {
    return this.#values[place] ?? Number.NaN;
  }

  #row(place: number): number {
    return this.#rows[place] ?? -1;
  }
}
