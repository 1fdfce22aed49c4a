/** Says that a stream has events from one version to another. Feeds hold pointers, not events. */
export type Pointer = readonly [aggregateId: string, from: number, to: number];

/** A pointer as a line of the feed. */
export function encodePointer(pointer: Pointer): string {
  return JSON.stringify(pointer);
}

export function decodePointer(line: string): Pointer {
  return JSON.parse(line) as Pointer;
}

/** What of the pointers is not in the newest lines of the feed already. */
export function unpublished(lines: readonly string[], pointers: readonly Pointer[]): Pointer[] {
  const wanted = new Map(pointers.map(([aggregateId, from]) => [aggregateId, from]));
  for (const line of lines) {
    const [aggregateId, , to] = decodePointer(line);
    const from = wanted.get(aggregateId);
    if (from !== undefined && to >= from) wanted.set(aggregateId, to + 1);
  }
  return pointers
    .map(([aggregateId, from, to]): Pointer => [aggregateId, wanted.get(aggregateId) ?? from, to])
    .filter(([, from, to]) => from <= to);
}
