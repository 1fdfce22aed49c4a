/** Data as `JSON.parse` gives it. */
export type JsonData = ReturnType<typeof JSON.parse>;

/** What every event has. Describe yours as a union of such types, told apart by `type`. */
export interface EventShape {
  readonly type: string;
  readonly data: JsonData;
}

/** Facts about an event that are not part of it. `correlationId` and `causationId` have the usual meaning. */
export interface EventMetadata {
  readonly correlationId?: string | undefined;
  readonly causationId?: string | undefined;
  readonly [name: string]: unknown;
}

/**
 * An event to append. Data and metadata must be JSON: what JSON would alter (`NaN`, `Map`, functions) is refused,
 * properties that are undefined are left out, -0 becomes 0, and objects with `toJSON`, such as dates, are stored as it says.
 */
export type NewEvent<Event extends EventShape = EventShape> = Event extends EventShape
  ? {
      readonly type: Event['type'];
      readonly data: Event['data'];
      /** Names the event, so that appending it again is recognised. Default: a new UUID. */
      readonly id?: string | undefined;
      readonly metadata?: EventMetadata | undefined;
    }
  : never;

/** An event as it was stored. */
export type RecordedEvent<Event extends EventShape = EventShape> = Event extends EventShape
  ? {
      readonly id: string;
      /** The stream it belongs to. */
      readonly aggregateId: string;
      readonly type: Event['type'];
      readonly data: Event['data'];
      readonly metadata: EventMetadata;
      /** Wall-clock time of the process that appended it, in milliseconds since the epoch. */
      readonly timestamp: number;
      /** Its place in the stream, from 1, without gaps. */
      readonly version: number;
    }
  : never;

/** The event of a union that has a type. */
export type EventOfType<Event extends EventShape, Type extends Event['type']> = Event extends EventShape
  ? Type extends Event['type']
    ? Event
    : never
  : never;

/** The category of a stream: its name up to the first `-`; all of it if there is none. */
export function categoryOf(aggregateId: string): string {
  const end = aggregateId.indexOf('-');
  return end < 0 ? aggregateId : aggregateId.slice(0, end);
}
