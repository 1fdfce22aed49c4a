import { CancelledError, type GetOptions } from '@norikv/store';
import { checkAtOnce, checkOneOf, checkOptions, checkWhole } from '@norikv/store/checks';
import { waitWithin } from '@norikv/store/wait-within';
import type { Head } from '../log/head.js';
import type { Log } from '../log/log.js';
import { decodeEvent } from './event-line.js';
import type { RecordedEvent } from './event-types.js';
import type { Protection, ReadOptions, Upcast } from './options.js';

/** Settings of an {@link EventReader}. */
export interface ReaderSettings {
  readonly upcast?: Upcast | undefined;
  readonly protection?: Protection | undefined;
  readonly prefetch?: number | undefined;
}

/** The one way from stored lines to events: every path upcasts and decrypts alike. */
export class EventReader {
  readonly #log: Log;
  readonly #upcast: Upcast;
  readonly #open: (event: RecordedEvent) => RecordedEvent | Promise<RecordedEvent>;
  readonly #prefetch: number;

  constructor(log: Log, { upcast = (event) => event, protection, prefetch = 8 }: ReaderSettings) {
    this.#log = log;
    this.#upcast = (event) => checkAtOnce('upcast()', upcast(event));
    this.#open = protection ? (event) => protection.open(event) : (event) => event;
    this.#prefetch = checkWhole('prefetch', prefetch);
  }

  /** Without decryption, for code that cannot wait. */
  decodeNow(aggregateId: string, first: number, lines: readonly string[]): RecordedEvent[] {
    return lines.map((line, position) => this.#upcast(decodeEvent(aggregateId, first + position, line)));
  }

  async decode(aggregateId: string, first: number, lines: readonly string[]): Promise<RecordedEvent[]> {
    const stored = lines.map((line, position) => decodeEvent(aggregateId, first + position, line));
    return (await Promise.all(stored.map(this.#open))).map(this.#upcast);
  }

  async *events(head: Head, options: ReadOptions = {}): AsyncGenerator<RecordedEvent> {
    const { from, to, maxCount, backward, signal } = checkRead(options);
    const span = backward
      ? { from: Math.max(from, Math.min(to, head.last) - maxCount + 1), to, backward }
      : { from, to: Math.min(to, Math.max(from, head.first) + maxCount - 1), backward };
    for await (const { first, lines } of this.#log.read(head, span, this.#prefetch, { signal })) {
      // Keys are looked up meanwhile.
      const events = await waitWithin(() => this.decode(head.name, first, lines), { signal, cancelled });
      for (const event of backward ? events.reverse() : events) {
        // Otherwise what was read ahead would still be given out.
        if (signal?.aborted) throw cancelled(signal.reason);
        yield event;
      }
    }
  }

  /** Gives events to `take`. False if some were cut off meanwhile: those that were taken have a hole. */
  async each(head: Head, options: ReadOptions, take: (event: RecordedEvent) => void): Promise<boolean> {
    const { from, to, maxCount } = checkRead(options);
    const wanted = Math.min(maxCount, Math.min(to, head.last) - Math.max(from, head.first) + 1);
    let taken = 0;
    for await (const event of this.events(head, options)) {
      take(event);
      taken += 1;
    }
    return taken >= wanted;
  }

  /** What is cut off meanwhile is left out. */
  async list(head: Head, options: ReadOptions): Promise<RecordedEvent[]> {
    const events: RecordedEvent[] = [];
    await this.each(head, options, (event) => events.push(event));
    return events;
  }
}

const readNames: readonly (keyof ReadOptions)[] = [
  'from',
  'to',
  'maxCount',
  'direction',
  'includeArchived',
  'signal',
];

/** @throws InvalidArgumentError for options that are unknown, or no versions, counts or directions. */
export function checkRead(options: ReadOptions): {
  readonly from: number;
  readonly to: number;
  readonly maxCount: number;
  readonly backward: boolean;
} & GetOptions {
  checkOptions(options, readNames);
  const { from = 1, to, maxCount, direction = 'forward', signal } = options;
  checkOneOf('direction', direction, ['forward', 'backward']);
  return {
    from: Math.max(1, checkWhole('from', from, 0)),
    to: to === undefined ? Number.MAX_SAFE_INTEGER : checkWhole('to', to, 0),
    maxCount: maxCount === undefined ? Number.MAX_SAFE_INTEGER : checkWhole('maxCount', maxCount, 0),
    backward: direction === 'backward',
    signal,
  };
}

function cancelled(cause: unknown): CancelledError {
  return new CancelledError('Reading was cancelled.', { cause });
}
