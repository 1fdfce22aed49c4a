import type { EventShape, NewEvent } from '../events/event-types.js';
import type { Reducer } from '../events/reducer.js';

/** The result of a decision: events, one event, or nothing. */
// With the second `type`, TypeScript infers the name of an event in what `decide` returns; without it, `string`.
export type Decision<Event extends EventShape> =
  | (NewEvent<Event> & { readonly type: Event['type'] })
  | readonly (NewEvent<Event> & { readonly type: Event['type'] })[]
  | undefined;

/** The rules of one kind of stream: what follows from events, and which events follow from a command. */
export interface Decider<State, Command, Event extends EventShape = EventShape>
  extends Reducer<State, Event> {
  /** Pure: it runs again when others were first. What it throws reaches the caller. */
  decide(command: Command, state: State): Decision<Event> | Promise<Decision<Event>>;
}

/** A decision as a list. */
export function eventsOf<Event extends EventShape>(decision: Decision<Event>): readonly NewEvent<Event>[] {
  if (decision === undefined) return [];
  return Array.isArray(decision) ? decision : [decision as NewEvent<Event>];
}
