import { type Change, keep, write } from '@norikv/cas-retry';
import { bytesOf, type Head, type StreamStatus, type Trash, tailFirst } from '../log/head.js';
import type { Log } from '../log/log.js';
import { rollsOf } from '../log/roll.js';
import { type ExpectedVersion, isExpected, isPresent } from './expected.js';

/** The result of a change of a stream's life: whether it was needed, or the head that it conflicts with. */
export type LifeResult = { readonly done: boolean } | { readonly against: Head };

/** What this process has sealed of a stream, and is cut off with it. Only for that: no stored head refers to it. */
type Sealed = Pick<Log, 'rolled'>;

/** The head without what lies before a version. The records cut off go to the trash. */
function cutBefore(head: Head, version: number): Head {
  const first = Math.min(Math.max(version, head.first), head.last + 1);
  const gone = Math.max(0, first - tailFirst(head));
  const trash = head.index.flatMap((refs, level) =>
    refs.filter(([, last]) => last < first).map((ref): Trash => [level, ...ref]),
  );
  // Another process may have sealed the beginning of the tail, into records that no head can refer to any more.
  const sealed = rollsOf(head).filter(({ level }) => level === 0 && gone > 0);
  const waiting = sealed.map((roll): Trash => [0, roll.first, roll.last]);
  return {
    ...head,
    first,
    index: head.index.map((refs) => refs.filter(([, last]) => last >= first)),
    trash: [...head.trash, ...trash, ...waiting],
    lines: head.lines.slice(gone),
    tailBytes: head.tailBytes - bytesOf(head.lines.slice(0, gone)),
  };
}

/** Ends a stream: its events are cut off, its numbering stays. */
export function end(
  head: Head,
  status: 'deleted' | 'tombstoned',
  expected: ExpectedVersion,
  sealed: Sealed,
): Change<Head, LifeResult> {
  if (head.status === 'tombstoned') return keep({ done: false });
  // Archived events can come back: for an end they are there.
  const found: Head = head.status === 'archived' ? { ...head, status: 'open' } : head;
  const isRepeated = status === 'deleted' && head.status === 'deleted' && expected === head.last;
  if (!isRepeated && !isExpected(found, expected)) return keep({ against: head });
  if (status === 'deleted' && !isPresent(found)) return keep({ done: false });
  const since = head.last + 1;
  return write({ ...cutBefore(sealed.rolled(head), since), status, since, snapshots: {} }, { done: true });
}

/** Moves a stream between open and archived. */
export function turn(head: Head | undefined, from: StreamStatus, to: StreamStatus): Change<Head, LifeResult> {
  if (!head || head.last === 0 || head.status !== from) return keep({ done: false });
  return write({ ...head, status: to }, { done: true });
}

/** Cuts off what lies before a version. */
export function truncate(head: Head | undefined, before: number, sealed: Sealed): Change<Head, LifeResult> {
  if (!isPresent(head) || before <= head.first) return keep({ done: false });
  return write(cutBefore(sealed.rolled(head), before), { done: true });
}
