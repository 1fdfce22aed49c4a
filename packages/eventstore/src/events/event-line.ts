import { InvalidArgumentError, stringToBytes } from '@norikv/store';
import { refuse } from '@norikv/store/checks';
import { EventTooLargeError } from '../errors.js';
import { maxCommitBytes, maxEventBytes } from '../log/limits.js';
import type { EventMetadata, NewEvent, RecordedEvent } from './event-types.js';
import { toJson } from './json.js';

/** An event ready to be stored. */
export interface EventLine {
  readonly line: string;
  /** How the line begins: what must be equal for two events with one id to be the same. */
  readonly identity: string;
  /** The line before its data was sealed. */
  readonly plain: string;
}

/**
 * One line of JSON, the id first and what identifies the event before what does not.
 *
 * @param unsealed - of a sealed event, how it was before: sealed data differs each time, so it does not identify it.
 * @throws InvalidArgumentError for an event that is not JSON. EventTooLargeError above 8 MiB.
 */
export function encodeEvent(event: NewEvent, timestamp: number, unsealed?: EventLine): EventLine {
  const { type, data, metadata, id = crypto.randomUUID() } = event;
  if (typeof type !== 'string' || type.length === 0 || type.length > 256) {
    refuse("An event's type", type, 'a string of 1 to 256 characters');
  }
  if (typeof id !== 'string' || id.length === 0 || id.length > 256) {
    refuse(`The id of a "${type}"`, id, 'a string of 1 to 256 characters');
  }
  const name = `{"id":${JSON.stringify(id)},"type":${JSON.stringify(type)},"data":`;
  const content = `${name}${toJson(data ?? null, `The data of a "${type}"`)},`;
  const facts =
    metadata === undefined ? '' : `"metadata":${toJson(metadata, `The metadata of a "${type}"`)},`;
  const line = `${content}${facts}"timestamp":${timestamp}}`;
  const { length } = stringToBytes(line);
  if (length > maxEventBytes) {
    throw new EventTooLargeError(
      `A "${type}" has ${length} bytes; an event may have ${maxEventBytes}. Nothing was appended.`,
    );
  }
  return unsealed ? { line, identity: name, plain: unsealed.line } : { line, identity: content, plain: line };
}

/** A copy of the list, which is the caller's. @throws InvalidArgumentError for anything but a list of objects. */
export function checkEvents(events: unknown): readonly NewEvent[] {
  if (Array.isArray(events) && events.every(isRecord)) return [...events] as readonly NewEvent[];
  throw new InvalidArgumentError('events must be an array of { type, data }; nothing was appended');
}

/** @throws InvalidArgumentError for two events of one id: repeating their append could not be recognised. */
export function checkDistinct(lines: readonly EventLine[]): void {
  const ids = new Set<string>();
  for (const { identity } of lines) {
    const id = idOf(identity);
    if (ids.has(id)) {
      throw new InvalidArgumentError(
        `Two events of one append have the id ${id.slice('{"id":'.length)}; give each its own. Nothing was appended.`,
      );
    }
    ids.add(id);
  }
}

/**
 * The metadata of an event with what is common to its commit.
 *
 * @throws InvalidArgumentError for metadata that is no object.
 */
export function mergedMetadata(common: unknown, own: unknown): EventMetadata | undefined {
  for (const metadata of [common, own]) {
    if (metadata === undefined || isRecord(metadata)) continue;
    refuse('metadata', metadata, 'an object');
  }
  if (common === undefined) return own as EventMetadata | undefined;
  return { ...(common as EventMetadata), ...(own as EventMetadata | undefined) };
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws EventTooLargeError above 64 MiB. */
export function checkCommitSize(bytes: number): void {
  if (bytes <= maxCommitBytes) return;
  throw new EventTooLargeError(
    `A commit has ${bytes} bytes; it may have ${maxCommitBytes}. Nothing was appended.`,
  );
}

export function decodeEvent(aggregateId: string, version: number, line: string): RecordedEvent {
  const {
    id,
    type,
    data,
    metadata = {},
    timestamp,
  } = JSON.parse(line) as Omit<RecordedEvent, 'aggregateId' | 'version'>;
  return { id, aggregateId, type, data, metadata, timestamp, version };
}

/** The part of a line that holds its id. */
export function idOf(line: string): string {
  return /^\{"id":"(?:[^"\\]|\\.)*"/.exec(line)?.[0] ?? '';
}

/** When the event of a line was appended; 0 without one. */
export function timestampOf(line = ''): number {
  return Number.parseInt(line.slice(line.lastIndexOf(':') + 1), 10) || 0;
}
