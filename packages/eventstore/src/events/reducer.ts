import { stringToBytes } from '@norikv/store';
import { checkAtOnce } from '@norikv/store/checks';
import { type Head, type Snapshot, tailFirst } from '../log/head.js';
import type { EventReader } from './event-reader.js';
import { categoryOf, type EventShape, type RecordedEvent } from './event-types.js';
import { stateToJson } from './json.js';

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
  get(aggregateId: string, reducerName: string): Promise<Snapshot | undefined>;
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

/** The state to go on from: a copy, because the snapshot may be remembered and `evolve` be careless. */
export function stateOf<State>(
  snapshot: Snapshot | undefined,
  reducer: Pick<Reducer<State>, 'initial'>,
): State {
  return snapshot ? (structuredClone(snapshot.state) as State) : reducer.initial();
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

/**
 * Brings the inline snapshots of a head up to date with its tail. One whose next event has left the tail, or
 * that would be too large, is left out: loading then replays.
 */
export function withSnapshots(
  head: Head,
  reducers: readonly Reducer<unknown>[],
  reader: EventReader,
  maxBytes: number,
): Head {
  const applicable = reducers.filter(
    ({ category }) => category === undefined || category === categoryOf(head.name),
  );
  if (applicable.length === 0) return head;
  const snapshots = { ...head.snapshots };
  let room = maxBytes;
  for (const reducer of applicable) {
    const { name, revision } = reducer;
    const known = newestUsable([snapshots[name]], reducer, head);
    delete snapshots[name];
    const from = (known?.version ?? head.first - 1) + 1;
    if (from < tailFirst(head)) continue;
    const events = reader.decodeNow(head.name, from, head.lines.slice(from - tailFirst(head)));
    const state = events.reduce((before, event) => evolved(reducer, before, event), stateOf(known, reducer));
    const json = stateToJson(state, name);
    room -= stringToBytes(json + name).length;
    if (room >= 0) snapshots[name] = { version: head.last, revision, state: JSON.parse(json) };
  }
  return { ...head, snapshots };
}
