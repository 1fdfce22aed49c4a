import { keep, remove, type Transition, write } from '@norikv/cas-retry';

/**
 * Sets the value to what `next` makes of it, and answers with that. Nothing counts as 0.
 *
 * @param answer - `String` for an operation id: what it is answered with is kept as JSON, which has no bigint.
 */
export function change<Answer>(
  next: (value: bigint) => bigint,
  answer: (value: bigint) => Answer,
  ttlMs?: number,
): Transition<bigint, Answer> {
  return (value = 0n) => {
    const changed = next(value);
    return write(changed, answer(changed), ttlMs);
  };
}

/** The answer where none is kept. */
export const itself = (value: bigint): bigint => value;

/** Sets the value to what `next` makes of it, and answers with the old one as text. */
export function reset(next: (value: bigint) => bigint): Transition<bigint, string> {
  return (value = 0n) => write(next(value), String(value));
}

/** Creates the record, if it is absent. */
export const initialize: Transition<bigint, void> = (value) =>
  value === undefined ? write(0n, undefined) : keep(undefined);

/** Removes the record, and answers whether there was one. */
export const removeCounter: Transition<bigint, boolean> = (value) => remove(value !== undefined);
