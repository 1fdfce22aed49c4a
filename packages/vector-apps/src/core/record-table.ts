import { RecordTooLargeError, type Transition } from '@norikv/cas-retry';
import { type KvStore, stringToBytes } from '@norikv/store';
import type { CallBudget } from './call-budget.js';
import { isDamaged } from './damage.js';
import type { LimitedUpdater } from './limited-updater.js';
import { type RecordState, recordCodec } from './record-state.js';
import { checkId } from './vector-id.js';
import type { VectorRecord } from './vector-record.js';

/** Where records are, and what their data means. */
export interface RecordTableOptions<T> {
  readonly prefix: string;
  readonly decode: (json: unknown, key: string) => T;
}

/** Room in a value for what a record holds beside its data. */
const reservedBytes = 16_384;

/** The KV records behind `VectorRecords`. */
export class RecordTable<T> {
  readonly #mostBytes: number;
  readonly #updater: LimitedUpdater;
  readonly #options: RecordTableOptions<T>;

  constructor(store: KvStore, updater: LimitedUpdater, options: RecordTableOptions<T>) {
    this.#mostBytes = (store.capabilities?.maxValueBytes ?? 1_048_576) - reservedBytes;
    this.#updater = updater;
    this.#options = options;
  }

  async read(id: string, budget: CallBudget): Promise<RecordState | undefined> {
    checkId(id);
    return this.#updater.read(this.#keyOf(id), recordCodec, budget);
  }

  /** What readers see; null also where it cannot be read, since one damaged record is no reason to find nothing. */
  async readable(id: string, budget: CallBudget): Promise<VectorRecord<T> | null> {
    try {
      return this.record(id, await this.read(id, budget));
    } catch (error) {
      if (isDamaged(error)) return null;
      throw error;
    }
  }

  async update<Result>(
    id: string,
    transition: Transition<RecordState, Result>,
    budget: CallBudget,
  ): Promise<Result> {
    return this.#updater.update(this.#keyOf(id), recordCodec, transition, budget);
  }

  /** Throws unless there is room for data. Only a writer that has made and inserted its vectors would learn it else. */
  checkSize(id: string, data: T): void {
    const bytes = stringToBytes(JSON.stringify(data)).length;
    if (bytes <= this.#mostBytes) return;
    throw new RecordTooLargeError(
      `The data of ${JSON.stringify(id)} is ${bytes} bytes of JSON; the store has room for ${this.#mostBytes}`,
      { key: this.#keyOf(id) },
    );
  }

  /** What readers see of a state. */
  record(id: string, state: RecordState | undefined): VectorRecord<T> | null {
    if (!state?.live) return null;
    const { generation, vectorCount, data } = state.live;
    return { id, generation, vectorCount, data: this.#options.decode(data, this.#keyOf(id)) };
  }

  #keyOf(id: string): string {
    return `${this.#options.prefix}doc/${id}`;
  }
}
