/**
 * Why a session ended before its time. One that was `regenerated` goes on under another id: a `created` with the same
 * handle follows.
 */
export type EndReason = 'destroyed' | 'regenerated' | 'revoked' | 'evicted';

/** Something worth logging or counting. Names sessions by their handles, as `list` and `revoke` do, never by ids. */
export type SessionEvent =
  | { readonly kind: 'created'; readonly handle: string; readonly userId: string | undefined }
  | {
      readonly kind: 'ended';
      readonly handle: string;
      readonly userId: string | undefined;
      readonly reason: EndReason;
    }
  /**
   * A session cannot be read: its record or that of its user is damaged, or it no longer fits the schema. It was left
   * out of a list, made room for another one, or was no session to the store of a framework.
   */
  | {
      readonly kind: 'unreadable';
      readonly handle: string;
      readonly userId: string | undefined;
      readonly error: unknown;
    }
  /** A write that nothing depends on failed: that a session was seen, or tidying up after one that ended. */
  | { readonly kind: 'upkeep-failed'; readonly error: unknown };

/** Receives events. */
export type SessionListener = (event: SessionEvent) => void;
