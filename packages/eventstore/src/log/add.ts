import { bytesOf, type Head, type Ref } from './head.js';
import type { Limits } from './limits.js';

/** A commit whose lines lie outside the head already, waiting for the versions they get. */
export interface Part {
  readonly count: number;
  readonly token: string;
  readonly pieces: number;
}

/** What a commit adds: lines, or parts. */
export interface Addition {
  readonly lines: readonly string[];
  readonly parts?: readonly Part[] | undefined;
  /** A further change of the head in the same write. */
  readonly finish?: ((head: Head) => Head) | undefined;
}

/** The head with a commit added at its end; undefined if the tail must be sealed first. */
export function addTo(
  { next: _, ...found }: Head,
  { lines, parts, finish = (same) => same }: Addition,
  limits: Limits,
): Head | undefined {
  // A sweep may have made the head, which knows nothing of the log's limits: they come with the first lines.
  const head = found.last === 0 ? { ...found, rollBytes: limits.rollBytes } : found;
  if (parts) return head.lines.length > 0 ? undefined : finish(addParts(head, parts));
  const tailBytes = head.tailBytes + bytesOf(lines);
  if (tailBytes > limits.tailBytes) return undefined;
  return finish({ ...head, last: head.last + lines.length, lines: [...head.lines, ...lines], tailBytes });
}

function addParts(head: Head, parts: readonly Part[]): Head {
  const [segments = [], ...pages] = head.index;
  let { last } = head;
  const refs = parts.map(({ count, token, pieces }): Ref => {
    last += count;
    return [last - count + 1, last, token, pieces];
  });
  return { ...head, last, index: [[...segments, ...refs], ...pages] };
}
