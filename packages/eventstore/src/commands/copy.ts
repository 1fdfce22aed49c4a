/** A state that is nobody else's. */
export interface Copy<State> {
  readonly state: State;
}

/** A deep copy of plain data; undefined for anything that a copy would not do justice, such as class instances. */
export function copyOf<State>(state: State): Copy<State> | undefined {
  return isPlain(state, new Set()) ? { state: structuredClone(state) } : undefined;
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
