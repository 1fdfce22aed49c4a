import { keep, type Transition, write } from '@norikv/cas-retry';
import type { Numbers } from './algorithm.js';
import type { Settings } from './options.js';
import { noteSlot, numbersIn, type RateLimitRecord, withSlot } from './record.js';
import { patienceMs, spareMs, ttlOf } from './transitions.js';

/** Notes are below this. */
const noteSpace = 100_000;
/** More than others leave between a look and a write, with two dozen processes at it. */
const notesKept = 12;

/** What a record becomes. */
export type NotedChange = (record: RateLimitRecord, now: number) => RateLimitRecord;

/**
 * Makes a change that would grant permits too many if it were made twice, and leaves a note in the record. The store may
 * have applied what it never confirmed, so this remembers the notes it last wrote upon: run again, it finds its own note,
 * or the older one unchanged, or it cannot tell and answers false, changing nothing.
 */
export function noted(
  { clock, random }: Pick<Settings, 'clock' | 'random'>,
  change: NotedChange,
): Transition<RateLimitRecord, boolean> {
  const note = Math.floor(random() * noteSpace);
  let earlier: Numbers | undefined;
  let startedAt: number | undefined;
  return (record, now) => {
    if (!record) return keep(true);
    const notes = numbersIn(record, noteSlot) ?? [];
    if (earlier && notes.includes(note)) return keep(true);
    startedAt ??= clock.monotonic();
    // What has a note leaves the store no sooner.
    const mayBeNew = clock.monotonic() - startedAt >= patienceMs + spareMs;
    if (earlier && !isSuccession(earlier, notes, mayBeNew)) return keep(false);
    earlier = notes;
    const next = withSlot(change(record, now), noteSlot, [note, ...notes].slice(0, notesKept), now);
    return write(next, true, ttlOf(next, now));
  };
}

/** Whether every note left since is still there. A record that left the store and came again has none. */
function isSuccession([newest]: Numbers, notes: Numbers, mayBeNew: boolean): boolean {
  return newest === undefined ? !mayBeNew && notes.length < notesKept : notes.includes(newest);
}
