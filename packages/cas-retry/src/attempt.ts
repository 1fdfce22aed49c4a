import { type CallOptions, type Key, type KvStore, UnsupportedError, type Version } from '@norikv/store';
import { draw } from '@norikv/store/checks';
import { type Envelope, type Mark, markLimit } from './envelope.js';
import { type Snapshot, sameVersion } from './snapshot.js';

/** One conditional write. Sent again, it is the same bytes under the same condition: one copy can win. */
export interface Attempt {
  readonly base: Snapshot;
  /** Without marks if the value is plain. */
  readonly next: Envelope;
  /** Undefined to delete the key. */
  readonly bytes: Uint8Array | undefined;
  readonly ttlMs: number | undefined;
}

/** The envelope that follows `base`: this writer's mark first, the oldest marks dropped. */
export function succeed(
  base: Envelope,
  writer: string,
  random: () => number,
  content: Omit<Envelope, 'marks'>,
): Envelope {
  const previous = base.marks[0]?.[1] ?? Math.floor(draw(random) * 2 ** 48);
  const marks: Mark[] = [[writer, previous + 1]];
  for (const mark of base.marks) if (mark[0] !== writer && marks.length < markLimit) marks.push(mark);
  return { marks, ...content };
}

/** Sends the attempt. The version is undefined where the key is now absent. */
export function send(
  store: KvStore,
  key: Key,
  { base, bytes, ttlMs }: Attempt,
  { timeoutMs }: CallOptions,
): Promise<Version | undefined> {
  const { version } = base;
  if (bytes)
    return store.put(key, bytes, { timeoutMs, ttlMs, ifMatchVersion: version, ifNotExists: !version });
  if (!store.capabilities?.deleteCas) {
    throw new UnsupportedError(
      'To remove a plain value the store must offer conditional deletes (deleteCas)',
    );
  }
  return Promise.resolve(store.delete(key, { timeoutMs, ifMatchVersion: version })).then(() => undefined);
}

/** What a later look at the key says about an attempt whose reply was lost. */
export type Judgement =
  /** It was applied. */
  | 'applied'
  /** It was not applied so far, and may still be: the key is as it was. */
  | 'untouched'
  /** It was not applied and never will be: its condition can no longer hold. */
  | 'lost'
  /** The record was deleted, or overwritten by something that keeps no marks. */
  | 'unknowable';

/**
 * Looks for the attempt's mark. Write numbers start at random, so that those of a record that was deleted
 * and created again do not fit.
 */
export function judge({ base, next }: Attempt, found: Snapshot): Judgement {
  if (sameVersion(base, found)) return 'untouched';
  const [mark] = next.marks;
  const { marks } = found.envelope;
  const newest = marks[0]?.[1];
  const oldest = marks.at(-1)?.[1];
  if (!mark || newest === undefined || oldest === undefined) return 'unknowable';
  const [writer, writeNumber] = mark;
  if (marks.some((other) => other[0] === writer && other[1] === writeNumber)) return 'applied';
  const isSuccession = base.envelope.marks.length > 0;
  if (isSuccession && !(newest >= writeNumber && newest < writeNumber + 2 ** 30)) return 'unknowable';
  const isComplete = marks.length < markLimit || (isSuccession && oldest < writeNumber);
  return isComplete ? 'lost' : 'unknowable';
}
