import { stringToBytes } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import { type Head, type Snapshot, tailFirst } from '../log/head.js';
import type { EventReader } from './event-reader.js';
import { categoryOf } from './event-types.js';
import { stateToJson } from './json.js';
import { evolved, type Loaded, newestUsable, type Reducer, stateOf } from './reducer.js';

const rememberedStates = 64;

/** Keeps the state of some reducers in the records of streams, in the same write as the events. */
export class InlineStates {
  readonly #reducers: readonly Reducer<unknown>[];
  readonly #reader: EventReader;
  readonly #maxBytes: number;
  /**
   * Folded because the record of a stream had none to go on from, as after a new revision or a commit in parts: the next
   * append puts it there, though the events before it have left the record.
   */
  readonly #folded = new BoundedMap<Snapshot>(rememberedStates);

  constructor(reducers: readonly Reducer<unknown>[], reader: EventReader, maxBytes: number) {
    this.#reducers = reducers;
    this.#reader = reader;
    this.#maxBytes = maxBytes;
  }

  /**
   * Brings the snapshots of a head up to date with its tail. One whose next event has left the tail, or that would be
   * too large, is left out: loading then replays. What other reducers have left there, as another release of the program
   * has them, stays where there is room beside.
   */
  broughtUp(head: Head): Head {
    const applicable = this.#reducers.filter(
      ({ category }) => category === undefined || category === categoryOf(head.name),
    );
    if (applicable.length === 0) return head;
    const snapshots: Record<string, Snapshot> = {};
    let room = this.#maxBytes;
    const keep = (name: string, version: number, revision: string, json: string): void => {
      const bytes = stringToBytes(json + name).length;
      if (bytes > room) return;
      room -= bytes;
      snapshots[name] = { version, revision, state: JSON.parse(json) };
    };
    const others = new Map(Object.entries(head.snapshots));
    for (const reducer of applicable) {
      const { name, revision } = reducer;
      const known = newestUsable([others.get(name), this.#folded.get(keyOf(head, name))], reducer, head);
      others.delete(name);
      const from = (known?.version ?? head.first - 1) + 1;
      if (from < tailFirst(head)) continue;
      const events = this.#reader.decodeNow(head.name, from, head.lines.slice(from - tailFirst(head)));
      const state = events.reduce(
        (before, event) => evolved(reducer, before, event),
        stateOf(known, reducer),
      );
      keep(name, head.last, revision, stateToJson(state, name));
    }
    for (const [name, { version, revision, state }] of [...others].sort(newestFirst)) {
      keep(name, version, revision, JSON.stringify(state));
    }
    return { ...head, snapshots };
  }

  /** Remembers what was folded, if the head lacks it and it could be kept there. */
  note(
    head: Head,
    { name, revision }: Pick<Reducer<unknown>, 'name' | 'revision'>,
    { state, version }: Loaded<unknown>,
  ): void {
    const isOwn = this.#reducers.some((own) => own.name === name && own.revision === revision);
    if (!isOwn || newestUsable([head.snapshots[name]], { revision }, head)) return;
    try {
      const json = stateToJson(state, name);
      if (stringToBytes(json).length > this.#maxBytes) return;
      // A copy: the state is the caller's.
      const snapshot = { version, revision, state: JSON.parse(json) };
      this.#folded.set(keyOf(head, name), snapshot);
    } catch {
      // What is no JSON the next append refuses.
    }
  }
}

function newestFirst([, left]: [string, Snapshot], [, right]: [string, Snapshot]): number {
  return right.version - left.version;
}

function keyOf({ name }: Head, reducerName: string): string {
  return JSON.stringify([name, reducerName]);
}
