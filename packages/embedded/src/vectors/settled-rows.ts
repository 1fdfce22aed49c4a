/**
 * Which row belongs to which key of a graph. Rows change places, so both directions are kept.
 */
export class SettledRows {
  /** How many of the first rows a graph holds as they are. */
  count = 0;
  #rowOfKey: Int32Array = new Int32Array(0);
  #keyOfRow: Int32Array = new Int32Array(0);

  /** Forgets all, and makes room for so many keys and rows. */
  reset(keys: number, rows: number): void {
    this.count = 0;
    this.#rowOfKey = new Int32Array(keys);
    this.#keyOfRow = new Int32Array(rows);
  }

  /** The row of a key, if it is settled. */
  rowOf(key: number): number | undefined {
    const row = this.#rowOfKey[key] ?? 0;
    return row < this.count && this.#keyOfRow[row] === key ? row : undefined;
  }

  /** Counts the row behind the last settled one in. */
  add(key: number): void {
    this.#set(this.count, key);
    this.count += 1;
  }

  /** Two settled rows change places. */
  swap(one: number, other: number): void {
    const [oneKey = 0, otherKey = 0] = [this.#keyOfRow[one], this.#keyOfRow[other]];
    this.#set(one, otherKey);
    this.#set(other, oneKey);
  }

  /** Counts the last row out. */
  removeLast(): void {
    this.count -= 1;
  }

  #set(row: number, key: number): void {
    this.#keyOfRow[row] = key;
    this.#rowOfKey[key] = row;
  }
}
