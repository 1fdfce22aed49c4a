import { checkAtOnce } from '@norikv/store/checks';
import type { Head, Snapshot } from '../log/head.js';
import type { EventShape, RecordedEvent } from './event-types.js';

/** How state follows from events. */
export interface Reducer<State, Event extends EventShape = EventShape> {
  /** Names the snapshots. */
  readonly name: string;
  /** Change it with `evolve` or the shape of the state: snapshots of another revision are ignored. */
  readonly revision: string;
  /** Limits inline snapshots to the streams of one category. */
  readonly category?: string | undefined;
  /** The state before the first event. */
  initial(): State;
  /** Pure: it runs again on every replay and every retry. */
  evolve(state: State, event: RecordedEvent<Event>): State;
}

/** State folded from the events of a stream. */
export interface Loaded<State> {
  readonly state: State;
  /** The version the state stands for: expect it when you append. 0 if the stream is not there. */
  readonly version: number;
  readonly exists: boolean;
}

/** Where snapshots outside the stream's record come from: see `SnapshotStore`. */
export interface SnapshotSource {
  /** The snapshot of a stream; undefined if there is none. */
  get(
    aggregateId: string,
    reducerName: string,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Snapshot | undefined>;
}

/** The newest snapshot that a reducer can go on from. */
export function newestUsable(
  snapshots: readonly (Snapshot | undefined)[],
  reducer: { readonly revision: string },
  head: Head | undefined,
): Snapshot | undefined {
  return snapshots
    .filter((snapshot) => snapshot !== undefined)
    .filter((snapshot) => isUsable(snapshot, reducer, head))
    .sort((left, right) => right.version - left.version)[0];
}

/**
 * The state to go on from: a copy, because the snapshot may be remembered and `evolve` be careless.
 *
 * @throws InvalidArgumentError for a promise.
 */
export function stateOf<State>(
  snapshot: Snapshot | undefined,
  reducer: Pick<Reducer<State>, 'initial'>,
): State {
  return snapshot ? (structuredClone(snapshot.state) as State) : checkAtOnce('initial()', reducer.initial());
}

/** The state after an event. @throws InvalidArgumentError for a promise. */
export function evolved<State, Event extends EventShape>(
  reducer: Pick<Reducer<State, Event>, 'evolve'>,
  state: State,
  event: RecordedEvent<Event>,
): State {
  return checkAtOnce('evolve()', reducer.evolve(state, event));
}

/** Whether a reducer can go on from a snapshot. One of a stream's earlier life, or ahead of it, is of no use. */
function isUsable(
  { version, revision }: Snapshot,
  reducer: { readonly revision: string },
  head: Head | undefined,
): boolean {
  if (head === undefined || revision !== reducer.revision) return false;
  const { first, last, since = 1 } = head;
  return version <= last && version >= first - 1 && version >= since;
}
