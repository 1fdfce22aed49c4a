import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { ParkingFullError } from '../errors.js';
import type { RecordedEvent } from '../events/event-types.js';
import { valueBytesOf } from '../log/limits.js';
import { recordCodec } from '../log/record.js';
import type { ParkedEvent } from './consumer-options.js';

/** Longer messages are cut: one event must not take the room of many. */
const messageLength = 4_096;

const codec = recordCodec<readonly ParkedEvent[]>('parked');

/** The events that a group of consumers has put aside: one record, so that each change of it is whole. */
export class ParkedEvents {
  readonly #group: string;
  readonly #key: string;
  readonly #maxBytes: number;
  readonly #messageLength: number;
  readonly #updater: Updater;

  constructor(client: KvStore, prefix: string, group: string, options: UpdaterOptions) {
    this.#group = group;
    this.#key = `${prefix}:q:${encodeURIComponent(group)}`;
    this.#maxBytes = valueBytesOf(client) / 2;
    this.#messageLength = Math.min(messageLength, this.#maxBytes / 64);
    this.#updater = createUpdater(client, options);
  }

  async list(): Promise<ParkedEvent[]> {
    return [...((await this.#updater.read(this.#key, codec)) ?? [])];
  }

  /**
   * True when the event is kept. An event has one place here; failing again gives it a new id, so that a caller can
   * only take out a failure that it has seen.
   *
   * @param id - of this failure: an earlier attempt to keep it may have been applied although it seemed to fail.
   * @throws ParkingFullError if there is no room.
   */
  async add(id: string, { aggregateId, version }: RecordedEvent, cause: unknown): Promise<true> {
    const error = this.#messageOf(cause);
    const isKept = await this.#updater.update(this.#key, codec, (entries = [], now) => {
      if (entries.some((entry) => entry.id === id)) return keep(true);
      const known = entries.find((entry) => entry.aggregateId === aggregateId && entry.version === version);
      const { attempts = 0, parkedAt = now } = known ?? {};
      const entry = { id, aggregateId, version, error, attempts: attempts + 1, parkedAt };
      const next = [...entries.filter((other) => other !== known), entry];
      return this.#fits(next) ? write(next, true) : keep(false);
    });
    if (isKept) return true;
    throw new ParkingFullError(
      `"${aggregateId}" failed at version ${version}, and "${this.#group}" may park no more: retry or drop what it ` +
        'has parked, or rebuild a projection, then start again. The event comes again.',
      { cause },
    );
  }

  /** Notes that an event has failed again, if it is still here and there is room for that. */
  async failed(id: string, cause: unknown): Promise<void> {
    const error = this.#messageOf(cause);
    await this.#updater.update(this.#key, codec, (entries = []) => {
      const next = entries.map((entry) =>
        entry.id === id ? { ...entry, error, attempts: entry.attempts + 1 } : entry,
      );
      return this.#fits(next) ? write(next, undefined) : keep(undefined);
    });
  }

  /** False if it was not here. */
  remove(id: string): Promise<boolean> {
    return this.#updater.update(this.#key, codec, (entries = []) => {
      const left = entries.filter((entry) => entry.id !== id);
      return left.length < entries.length ? write(left, true) : keep(false);
    });
  }

  #messageOf(error: unknown): string {
    return textOf(error).slice(0, this.#messageLength);
  }

  #fits(entries: readonly ParkedEvent[]): boolean {
    return codec.encode(entries).length <= this.#maxBytes;
  }
}

/** Anything can be thrown, also what is no text and refuses to become it. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return shown(error);
  }
}
