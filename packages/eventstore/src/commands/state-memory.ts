import type { Loaded } from '../events/reducer.js';
import { remember } from '../log/remember.js';

/** The states of streams that a command handler remembers. They are copies: what callers do to theirs changes none. */
export class StateMemory<State> {
  readonly #states = new Map<string, Loaded<State>>();
  readonly #maxStreams: number;

  constructor(maxStreams: number) {
    this.#maxStreams = maxStreams;
  }

  get(aggregateId: string): Loaded<State> | undefined {
    return this.#states.get(aggregateId);
  }

  forget(aggregateId: string): void {
    this.#states.delete(aggregateId);
  }

  /** Remembers a state in place of the one before, unless a copy would not be the same, as of class instances. */
  keep(aggregateId: string, { state, version, exists }: Loaded<State>): void {
    this.forget(aggregateId);
    if (this.#maxStreams === 0 || !isPlain(state, new Set())) return;
    const copy = { state: structuredClone(state), version, exists };
    remember(this.#states, aggregateId, copy, this.#maxStreams);
  }
}

function isPlain(value: unknown, seen: Set<unknown>): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null || seen.has(value)) return true;
  seen.add(value);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (Array.isArray(value) || prototype === Object.prototype) {
    return Object.values(value).every((member) => isPlain(member, seen));
  }
  if (prototype === Set.prototype || prototype === Map.prototype) {
    return [...(value as Iterable<unknown>)].every((member) => isPlain(member, seen));
  }
  return prototype === Date.prototype;
}
