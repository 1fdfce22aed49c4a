import { keep, remove, type Transition, write } from '@norikv/cas-retry';

/**
 * Sets the value to what `next` makes of it, and answers with that as text: the answer to an operation id is
 * kept as JSON, which has no bigint. Nothing counts as 0.
 */
export function change(next: (value: bigint) => bigint, ttlMs?: number): Transition<bigint, string> {
  return (value = 0n) => {
    const changed = next(value);
    return write(changed, String(changed), ttlMs);
  };
}

/** Sets the value, and answers with the old one as text. */
export function resetTo(to: bigint): Transition<bigint, string> {
  return (value = 0n) => write(to, String(value));
}

/** Creates the record, if it is absent. */
export const initialize: Transition<bigint, void> = (value) =>
  value === undefined ? write(0n, undefined) : keep(undefined);

/** Removes the record, and answers whether there was one. */
export const removeCounter: Transition<bigint, boolean> = (value) => remove(value !== undefined);
