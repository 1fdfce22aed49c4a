import { bytesOf, type Head, type Ref, tailFirst } from './head.js';

/** Something to move out of the head: the oldest lines of the tail (level 0), or references of the level below. */
export interface Roll {
  readonly level: number;
  readonly first: number;
  readonly last: number;
  readonly content: readonly string[] | readonly Ref[];
}

/** References on one page. A level is paged when it holds twice as many. */
const pageRefs = 64;

/** The records to write before the head can shrink. */
export function rollsOf(head: Head): Roll[] {
  const tail = tailRoll(head, head.tailBytes > head.rollBytes ? leavingOf(head) : 0);
  return [...tail, ...pageRolls(tail.reduce(applyRoll, head))];
}

/**
 * How many lines leave: three quarters of `rollBytes`, or what is more than `rollBytes`, while a quarter stays, so that a
 * repeated event id is still found there. What has more than three quarters may leave all the same: it must not be written
 * over and over. Of a tail that has just become long the same lines leave, whoever seals it, and however much came since.
 */
export function leavingOf({ lines, tailBytes, rollBytes }: Head): number {
  let left = tailBytes;
  const isToStay = (line: string): boolean => {
    const without = left - bytesOf([line]);
    const isEnough = without < rollBytes / 4 || tailBytes - without > (rollBytes / 4) * 3;
    if (isEnough && left <= rollBytes) return true;
    left = without;
    return false;
  };
  const leaving = lines.findIndex(isToStay);
  return leaving < 0 ? lines.length : leaving;
}

/** The record that takes in the oldest `count` lines of the tail; none for none. */
export function tailRoll(head: Head, count: number): Roll[] {
  const first = tailFirst(head);
  if (count === 0) return [];
  return [{ level: 0, first, last: first + count - 1, content: head.lines.slice(0, count) }];
}

function pageRolls(head: Head): Roll[] {
  const level = head.index.findIndex((refs) => refs.length >= 2 * pageRefs);
  const content = head.index[level]?.slice(0, pageRefs) ?? [];
  const [first] = content;
  const last = content.at(-1);
  if (!first || !last) return [];
  const roll = { level: level + 1, first: first[0], last: last[1], content };
  return [roll, ...pageRolls(applyRoll(head, roll))];
}

/**
 * Replaces what a roll has taken out by a reference, if it is still there. That it is follows from the range
 * alone: the lines of a version never change.
 */
export function applyRoll(head: Head, { level, first, last, content }: Roll): Head {
  const count = content.length;
  const addRef = (index: Head['index']): Head['index'] => {
    const levels = index.length > level ? index : [...index, []];
    return levels.map((refs, at) => (at === level ? [...refs, [first, last] as const] : refs));
  };
  if (level === 0) {
    if (tailFirst(head) !== first || head.lines.length < count) return head;
    const tailBytes = head.tailBytes - bytesOf(head.lines.slice(0, count));
    return { ...head, index: addRef(head.index), lines: head.lines.slice(count), tailBytes };
  }
  const below = head.index[level - 1] ?? [];
  if (below[0]?.[0] !== first || below[count - 1]?.[1] !== last) return head;
  const shrunk = head.index.map((refs, at) => (at === level - 1 ? refs.slice(count) : refs));
  return { ...head, index: addRef(shrunk) };
}
