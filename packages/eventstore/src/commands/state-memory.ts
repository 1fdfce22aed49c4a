import { BoundedMap } from '@norikv/store/bounded-map';
import { isOfNoClass, keyAltered } from '../events/plain-data.js';
import type { Loaded } from '../events/reducer.js';

/** The states of streams that a command handler remembers. Copies go in and out: what callers do to theirs changes none. */
export class StateMemory<State> {
  readonly #states: BoundedMap<Loaded<State>>;
  readonly #maxStreams: number;

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
    this.#states = new BoundedMap(maxStreams);
  }

  get(aggregateId: string): Loaded<State> | undefined {
    const known = this.#states.get(aggregateId);
    return known && { ...known, state: structuredClone(known.state) };
  }

  forget(aggregateId: string): void {
    this.#states.delete(aggregateId);
  }

  /** Remembers a state in place of the one before, unless a copy would not be the same, as of class instances. */
  keep(aggregateId: string, { state, version, exists }: Loaded<State>): void {
    this.forget(aggregateId);
    const copy = this.#maxStreams === 0 ? undefined : copyOf(state);
    if (copy) this.#states.set(aggregateId, { ...copy, version, exists });
  }
}

/** None of what cannot be copied, such as proxies and what has too many levels. */
function copyOf<State>(state: State): { readonly state: State } | undefined {
  try {
    return isCopyable(state, new Set()) ? { state: structuredClone(state) } : undefined;
  } catch {
    return undefined;
  }
}

function isCopyable(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null || seen.has(value)) return true;
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Set.prototype || prototype === Map.prototype) {
    return isBare(value) && [...(value as Iterable<unknown>)].every((member) => isCopyable(member, seen));
  }
  if (prototype === Date.prototype) return isBare(value);
  // A copy of an object without a prototype would have one, and so answer to names that the object does not have.
  if (prototype === null || !isOfNoClass(value) || keyAltered(value) !== undefined) return false;
  return Object.values(value).every((member) => isCopyable(member, seen));
}

function isBare(value: object): boolean {
  return Reflect.ownKeys(value).length === 0;
}
