import { type EventLine, idOf } from './event-line.js';

/** How events with ids of their own compare to stored lines. */
export type Comparison =
  /** None of them is there. */
  | 'new'
  /** All of them are there, in order. */
  | 'same'
  /** Some of them are there. */
  | 'partial'
  /** An id is there with other content. */
  | 'reused';

/** Compares events to the lines that are where they would be. */
export function compareAt(stored: readonly string[], events: readonly EventLine[]): Comparison {
  const results = events.map((event, position) => compareLine(stored[position], event));
  return summary(results);
}

/** Looks for events anywhere among lines, the newest first. */
export function search(
  stored: readonly string[],
  events: readonly EventLine[],
): { readonly at: number; readonly comparison: Comparison } {
  const places = new Map(stored.map((line, position) => [idOf(line), position]));
  const found = events.map(({ identity }) => places.get(idOf(identity)));
  const first = found.find((place) => place !== undefined);
  if (first === undefined) return { at: 0, comparison: 'new' };
  const at = found[0] ?? -1;
  if (at < 0) return { at, comparison: 'partial' };
  return { at, comparison: compareAt(stored.slice(at), events) };
}

function compareLine(line: string | undefined, { identity }: EventLine): Comparison {
  if (line?.startsWith(identity)) return 'same';
  return line !== undefined && idOf(line) === idOf(identity) ? 'reused' : 'new';
}

function summary(results: readonly Comparison[]): Comparison {
  if (results.includes('reused')) return 'reused';
  if (!results.includes('same')) return 'new';
  return results.includes('new') ? 'partial' : 'same';
}
