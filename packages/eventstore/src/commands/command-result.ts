import type { EventShape, RecordedEvent } from '../events/event-types.js';

/** The result of a command. */
export interface CommandResult<State, Event extends EventShape> {
  /** After the command; of a repeated one, as of now. */
  readonly state: State;
  /** After the command; of a repeated one, its own: others may have appended since. */
  readonly version: number;
  /** What the command appended; nothing if it decided nothing. */
  readonly events: readonly RecordedEvent<Event>[];
  /** Whether the `commitId` was known: the events were there already, and nothing was decided. */
  readonly isDuplicate: boolean;
}
