/** One timer that has not fired. */
export interface QueuedTimer {
  readonly at: number;
  readonly callback: () => void;
  /** Place among timers due at the same time. */
  readonly order: number;
  /** Place in the heap; -1 once the timer has left it. */
  position: number;
}

/** Timers by due time, then by the order they were started: a binary heap that can remove any of its members. */
export class TimerQueue {
  readonly #heap: QueuedTimer[] = [];
  #started = 0;

  get size(): number {
    return this.#heap.length;
  }

  get first(): QueuedTimer | undefined {
    return this.#heap[0];
  }

  add(at: number, callback: () => void): QueuedTimer {
    const timer: QueuedTimer = { at, callback, order: this.#started++, position: -1 };
    this.#heap.push(timer);
    this.#rise(timer, this.#heap.length - 1);
    return timer;
  }

  remove(timer: QueuedTimer): void {
    const hole = timer.position;
    const last = this.#heap[this.#heap.length - 1];
    if (hole < 0 || last === undefined) return;
    timer.position = -1;
    this.#heap.pop();
    if (last === timer) return;
    this.#sink(last, hole);
    this.#rise(last, last.position);
  }

  #rise(timer: QueuedTimer, start: number): void {
    let position = start;
    while (position > 0) {
      const parentPosition = (position - 1) >> 1;
      const parent = this.#heap[parentPosition];
      if (parent === undefined || isBefore(parent, timer)) break;
      this.#place(parent, position);
      position = parentPosition;
    }
    this.#place(timer, position);
  }

  #sink(timer: QueuedTimer, start: number): void {
    let position = start;
    for (;;) {
      const left = this.#heap[2 * position + 1];
      const right = this.#heap[2 * position + 2];
      const child = left && right && isBefore(right, left) ? right : left;
      if (child === undefined || isBefore(timer, child)) break;
      const childPosition = child.position;
      this.#place(child, position);
      position = childPosition;
    }
    this.#place(timer, position);
  }

  #place(timer: QueuedTimer, position: number): void {
    this.#heap[position] = timer;
    timer.position = position;
  }
}

function isBefore(left: QueuedTimer, right: QueuedTimer): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
