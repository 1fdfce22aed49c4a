import { bytesOf } from '../log/head.js';

/** Most events of one pointer, so that its reader need not hold a long stream in memory. */
const eventsOfPointer = 1_000;

/** Says that a stream has events from one version to another. Feeds hold pointers, not events. */
export type Pointer = readonly [aggregateId: string, from: number, to: number];

/** A pointer as a line of the feed. */
function encodePointer(pointer: Pointer): string {
  return JSON.stringify(pointer);
}

export function decodePointer(line: string): Pointer {
  return JSON.parse(line) as Pointer;
}

/** The part of the pointers that the newest lines of the feed do not hold yet. */
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

/** The lines of the first pointers that fit into so many bytes, at least one, and the pointers that are left over. */
export function firstThatFit(
  pointers: readonly Pointer[],
  maxBytes: number,
): { readonly lines: readonly string[]; readonly rest: readonly Pointer[] } {
  const lines: string[] = [];
  let room = maxBytes;
  for (const [position, [name, from, to]] of pointers.entries()) {
    for (let first = from; first <= to; first += eventsOfPointer) {
      const line = encodePointer([name, first, Math.min(to, first + eventsOfPointer - 1)]);
      room -= bytesOf([line]);
      if (room < 0 && lines.length > 0) {
        return { lines, rest: [[name, first, to], ...pointers.slice(position + 1)] };
      }
      lines.push(line);
    }
  }
  return { lines, rest: [] };
}
