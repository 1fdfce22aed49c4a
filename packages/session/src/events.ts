/**
 * Why a session ended before its time. One that was `regenerated` goes on under another id: it is told as `created`
 * right after, with the same handle.
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
   * A session was left out of a list, made room, or was none to the store of a framework: its record or that of its user
   * is damaged, or it does not fit the schema any more.
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
