import { type Clock, errorCode, stringToBytes, UnavailableError } from '@norikv/store';
import { StreamConflictError } from '../errors.js';
import { beforeWrite } from '../log/before-write.js';
import { checksum } from '../log/checksum.js';
import { bytesOf, emptyHead, type FeedMark, type Head } from '../log/head.js';
import type { Appended, Log, LogAppendOptions } from '../log/log.js';
import { checkName } from '../log/log-keys.js';
import { compareAt } from './duplicates.js';
import {
  checkCommitSize,
  checkDistinct,
  checkEvents,
  type EventLine,
  encodeEvent,
  mergedMetadata,
} from './event-line.js';
import type { EventReader } from './event-reader.js';
import type { NewEvent, RecordedEvent } from './event-types.js';
import { baseOf, type ExpectedVersion, isExpected, isPresent, wasDeletedAfter } from './expected.js';
import {
  type AppendOptions,
  type AppendResult,
  checkAppendOptions,
  type EventValidator,
  type Protection,
} from './options.js';
import type { Outbox } from './outbox.js';
import { type AppendRequest, isClosed, judged, planAppend, type Stop } from './plan-append.js';
import { ask, closed, nothingAppended, reused, wrongFeed } from './refusals.js';

/** What an {@link EventAppender} is made of. */
export interface AppenderSettings {
  readonly validate?: EventValidator | undefined;
  readonly protection?: Protection | undefined;
  readonly feed?: Outbox | undefined;
  readonly clock: Clock;
  /** A further change of the head in the same write. */
  readonly finish: (head: Head) => Head;
}

/** Options of one append, with the moment at which it must have ended. */
type TimedOptions = LogAppendOptions & { readonly endsAt: number };

const conflictingEvents = 100;

/** Checks, encodes and commits events, and says why if they were not committed. */
export class EventAppender {
  readonly #log: Log;
  readonly #reader: EventReader;
  readonly #settings: AppenderSettings;

  constructor(log: Log, reader: EventReader, settings: AppenderSettings) {
    this.#log = log;
    this.#reader = reader;
    this.#settings = settings;
  }

  async append(
    aggregateId: string,
    events: readonly NewEvent[],
    given: AppendOptions | undefined,
  ): Promise<AppendResult> {
    const options = checkAppendOptions(given);
    const name = checkName('aggregateId', aggregateId);
    const { expected = 'any', commitId, signal, deadlineMs, accept } = options;
    const endsAt = this.#log.endOf(deadlineMs);
    if (commitId !== undefined) checkName('commitId', commitId, 128);
    const own = checkEvents(events);
    const time = { signal, endsAt };
    const { lines, refusal } = await this.#encode(name, own, options, time);
    if (lines.length === 0) return this.#inTime(time, () => this.#nothing(name, expected));
    checkDistinct(lines);
    const hasIds = commitId !== undefined || own.every(({ id }) => id !== undefined);
    const texts = lines.map(({ line }) => line);
    const bytes = bytesOf(texts);
    checkCommitSize(bytes);
    const timed = { ...time, opId: commitId, fingerprint: fingerprintOf(lines) };
    const isLong = bytes > this.#log.limits.inlineBytes;
    const parts = isLong ? await this.#log.prepareParts(name, texts, timed) : undefined;
    let stored: readonly RecordedEvent[] = [];
    let isRefused = false;
    const finish = (head: Head): Head => {
      isRefused = true;
      if (refusal) throw refusal;
      // Before the commit: what could not be read back is refused.
      const first = head.last - lines.length + 1;
      stored = this.#reader.decodeNow(
        name,
        first,
        lines.map(({ plain }) => plain),
      );
      ask(accept, stored);
      const finished = this.#settings.finish(head);
      isRefused = false;
      return finished;
    };
    const request = { events: lines, hasIds, parts, expected, finish };
    const outcome = await this.#commit(name, request, timed).catch(async (error: unknown) => {
      const { outcome } = (error ?? {}) as { readonly outcome?: unknown };
      if (isRefused || outcome === 'not-applied') await this.#log.discard(name, parts);
      throw error;
    });
    if (!('stop' in outcome || outcome.isRepeated)) {
      return { version: outcome.last, events: stored, isDuplicate: false };
    }
    await this.#log.discard(name, parts);
    return this.#result(name, lines, expected, outcome);
  }

  /** What an earlier append with this id has stored; undefined if the stream does not know it. */
  async committed(aggregateId: string, commitId: string): Promise<AppendResult | undefined> {
    const name = checkName('aggregateId', aggregateId);
    const known = await this.#log.committed(name, checkName('commitId', commitId, 128));
    return known && this.#stored(name, known.first, known.last);
  }

  /** Decides and commits, with a ledger entry first where the stream is on a feed and clean. */
  async #commit(
    name: string,
    request: Omit<AppendRequest, 'feed'>,
    options: TimedOptions,
  ): Promise<Appended<Stop>> {
    const { feed } = this.#settings;
    const peek = async (): Promise<FeedMark | undefined> => (await this.#log.peek(name))?.feed;
    let fence = feed && (await this.#inTime(options, () => feed.enter(name, peek)));
    for (;;) {
      const onFeed = feed && { partitions: feed.partitions, fence };
      const outcome = await this.#log.append(
        name,
        (head) => planAppend(head, { ...request, feed: onFeed }),
        options,
      );
      if (feed && 'stop' in outcome && outcome.stop.kind === 'clean') {
        const seen = outcome.stop.fence;
        fence = await this.#inTime(options, () => feed.reenter(name, seen));
        continue;
      }
      if (feed && !('stop' in outcome)) feed.committed(name, outcome.head?.feed);
      return outcome;
    }
  }

  /** Does what comes before the append. Whatever goes wrong here, nothing was appended. */
  async #inTime<Result>({ signal, endsAt }: TimedOptions, begin: () => Promise<Result>): Promise<Result> {
    const { clock } = this.#settings;
    const timeoutMs = this.#log.leftUntil(endsAt);
    return beforeWrite(begin, { signal, clock, timeoutMs }).catch(nothingAppended);
  }

  /** `refusal`: the events must not be added, and have no data here; that they were added before can still be found. */
  async #encode(
    name: string,
    events: readonly NewEvent[],
    { commitId, metadata }: AppendOptions,
    time: TimedOptions,
  ): Promise<{ readonly lines: EventLine[]; readonly refusal?: unknown }> {
    const { validate, protection, clock } = this.#settings;
    const valid = validate ? await this.#inTime(time, async () => validate(events)) : events;
    const timestamp = clock.now();
    const plain = valid.map((event, position) => {
      const id = event.id ?? (commitId === undefined ? crypto.randomUUID() : `${commitId}:${position}`);
      return encodeEvent({ ...event, id, metadata: mergedMetadata(metadata, event.metadata) }, timestamp);
    });
    if (!protection) return { lines: plain };
    // As they were: by the time they are sealed, the caller may have changed them.
    const copies = plain.map(({ line }): NewEvent & { readonly id: string } => JSON.parse(line));
    const seal = (): Promise<NewEvent[]> => Promise.all(copies.map((event) => protection.seal(name, event)));
    const encoded = (stored: readonly NewEvent[]): EventLine[] =>
      stored.map((event, position) => encodeEvent(event, timestamp, plain[position]));
    try {
      return { lines: encoded(await this.#inTime(time, seal)) };
    } catch (refusal) {
      if (errorCode(refusal) !== 'SUBJECT_ERASED') throw refusal;
      return { lines: encoded(copies.map((event) => ({ ...event, data: null }))), refusal };
    }
  }

  async #result(
    name: string,
    lines: readonly EventLine[],
    expected: ExpectedVersion,
    outcome: Appended<Stop>,
  ): Promise<AppendResult> {
    if (!('stop' in outcome)) {
      if (outcome.fingerprint !== fingerprintOf(lines)) throw reused(name);
      return this.#stored(name, outcome.first, outcome.last);
    }
    const { stop } = outcome;
    const settled = stop.kind === 'compare' ? await this.#compare(stop.head, lines, expected) : stop;
    if (settled.kind === 'same') return this.#stored(name, settled.first, settled.first + lines.length - 1);
    if (settled.kind === 'reused') throw reused(name);
    if (settled.kind === 'closed') throw closed(name, settled.status);
    if (settled.kind === 'conflict') throw await this.conflict(settled.head, expected);
    throw wrongFeed(name, settled, this.#settings.feed);
  }

  /** The events in question have left the head. */
  async #compare(head: Head, lines: readonly EventLine[], expected: ExpectedVersion): Promise<Stop> {
    const from = baseOf(head, expected) + 1;
    const stored: string[] = [];
    const span = { from, to: from + lines.length - 1, backward: false };
    for await (const slice of this.#log.read(head, span, lines.length)) stored.push(...slice.lines);
    return judged(head, compareAt(stored, lines), from);
  }

  /** The error that tells what came in between. */
  async conflict(head: Head, expected: ExpectedVersion): Promise<StreamConflictError> {
    const { name: aggregateId } = head;
    const version = head.status === 'deleted' ? 0 : head.last;
    const wasDeleted = wasDeletedAfter(expected, head);
    const from = baseOf(head, expected) + 1;
    const events: RecordedEvent[] = await this.#reader.list(head, { from, maxCount: conflictingEvents });
    const message = isExpected(head, expected)
      ? `"${aggregateId}" has some of these events, and not the others; nothing was appended. ` +
        'Repeat an append with all of its events, and give new events new ids.'
      : `"${aggregateId}" is at version ${version}, not as expected (${expected}); nothing was appended. ` +
        'Load it again and decide anew.';
    return new StreamConflictError(message, { aggregateId, expected, version, events, wasDeleted });
  }

  /** What an earlier append has stored. That it cannot be read back does not mean that it is not there. */
  async #stored(name: string, from: number, to: number): Promise<AppendResult> {
    try {
      const head = await this.#log.head(name);
      const events = head ? await this.#reader.list(head, { from, to }) : [];
      return { version: to, events, isDuplicate: true };
    } catch (cause) {
      throw new UnavailableError('The events were appended before, but could not be read back; try again.', {
        cause,
      });
    }
  }

  /** No events: nothing is written, but what is expected is still checked, of a stream that would take events. */
  async #nothing(name: string, expected: ExpectedVersion): Promise<AppendResult> {
    const head = (await this.#log.head(name)) ?? emptyHead(name, 1);
    if (expected !== 'any' && isClosed(head)) throw closed(name, head.status);
    if (!isExpected(head, expected)) throw await this.conflict(head, expected);
    return { version: isPresent(head) ? head.last : 0, events: [], isDuplicate: false };
  }
}

/** What a commit id stands for. */
function fingerprintOf(lines: readonly EventLine[]): string {
  return `${lines.length}:${checksum(stringToBytes(lines.map(({ identity }) => identity).join('\n')))}`;
}
