import type { Key } from '@norikv/store';

/** Something that happened to the updates of one key, for metrics. */
export type UpdateEvent =
  /** A store read was sent. */
  | { readonly kind: 'read'; readonly key: Key }
  /**
   * A write of `batch` updates is sent. `remembered`: on remembered state. Running their transitions took
   * `foldMs` milliseconds: other callers of the key wait for that.
   */
  | {
      readonly kind: 'write';
      readonly key: Key;
      readonly batch: number;
      readonly remembered: boolean;
      readonly foldMs: number;
    }
  /** Another writer was first. */
  | { readonly kind: 'conflict'; readonly key: Key; readonly remembered: boolean }
  /** A call failed on the way. If it was a write, its outcome is being found out. */
  | { readonly kind: 'fault'; readonly key: Key; readonly error: unknown }
  /** `updates` callers were told that it did not work, or that the outcome is unknown. */
  | { readonly kind: 'give-up'; readonly key: Key; readonly updates: number; readonly error: unknown };

/** Receives events. */
export type UpdateListener = (event: UpdateEvent) => void;
