import type { Entry, Key } from './kv-store.js';
import type { Version } from './version.js';

const brand = Symbol.for('norikv.error');

/**
 * What is known about the write that failed. `not-applied`: it changed nothing and never will.
 * `unknown`: it may have been applied, or may still be. A read is always `not-applied`.
 */
export type Outcome = 'not-applied' | 'unknown';

/** The stable names of the contract's errors. Packages add their own. */
export type StoreErrorCode =
  | 'KEY_NOT_FOUND'
  | 'VERSION_MISMATCH'
  | 'ALREADY_EXISTS'
  | 'INVALID_ARGUMENT'
  | 'UNSUPPORTED'
  | 'RESOURCE_EXHAUSTED'
  | 'UNAUTHENTICATED'
  | 'CLOSED'
  | 'CANCELLED'
  | 'NOT_SENT'
  | 'UNAVAILABLE'
  | 'NOT_LEADER'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL';

/** Facts every error carries. */
export interface ErrorFacts {
  readonly code: string;
  /** Default `not-applied`. */
  readonly outcome?: Outcome | undefined;
  /** Whether the same call may succeed later. Default false. */
  readonly retryable?: boolean | undefined;
  readonly key?: Key | undefined;
  readonly cause?: unknown;
}

/** Facts a subclass lets its thrower set. */
export type ErrorContext = Omit<ErrorFacts, 'code'>;

/**
 * The base of every error of every package.
 *
 * `instanceof` also matches errors from another copy of this package (ESM beside CJS, a second install):
 * it compares the brand and the code.
 */
export class NoriKVError extends Error {
  static readonly code: string | undefined = undefined;
  readonly code: string;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly key: Key | undefined;

  constructor(message: string, facts: ErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = 'NoriKVError';
    this.code = facts.code;
    this.outcome = facts.outcome ?? 'not-applied';
    this.retryable = facts.retryable ?? false;
    this.key = facts.key;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (!isNoriKVError(value)) return false;
    return this === NoriKVError || (Object.hasOwn(this, 'code') && this.code === value.code);
  }
}

/** Whether a value is an error of this family, from whichever copy of the package. */
export function isNoriKVError(value: unknown): value is NoriKVError {
  return typeof value === 'object' && value !== null && brand in value;
}

/** The key is absent. */
export class KeyNotFoundError extends NoriKVError {
  static override readonly code = 'KEY_NOT_FOUND';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { ...context, code: KeyNotFoundError.code });
    this.name = 'KeyNotFoundError';
  }
}

/** Facts of a {@link VersionMismatchError}. */
export interface MismatchContext extends ErrorContext {
  readonly expected?: Version | undefined;
  readonly actual?: Entry | null | undefined;
}

/** A conditional write lost: the key has another version, or is absent. Read again and decide anew. */
export class VersionMismatchError extends NoriKVError {
  static override readonly code: string = 'VERSION_MISMATCH';
  readonly expected: Version | undefined;
  /** What the key held when the condition failed: null if absent, undefined if the engine did not say. */
  readonly actual: Entry | null | undefined;
  constructor(message: string, context: MismatchContext & { readonly code?: string } = {}) {
    super(message, { ...context, code: context.code ?? VersionMismatchError.code });
    this.name = 'VersionMismatchError';
    this.expected = context.expected;
    this.actual = context.actual;
  }
}

/** A create lost: the key exists. */
export class AlreadyExistsError extends NoriKVError {
  static override readonly code = 'ALREADY_EXISTS';
  /** What the key held, or undefined if the engine did not say. */
  readonly actual: Entry | undefined;
  constructor(message: string, context: ErrorContext & { readonly actual?: Entry | undefined } = {}) {
    super(message, { ...context, code: AlreadyExistsError.code });
    this.name = 'AlreadyExistsError';
    this.actual = context.actual;
  }
}

/** An argument or option is wrong. The message names it, its value and the fix. Nothing was sent. */
export class InvalidArgumentError extends NoriKVError {
  static override readonly code = 'INVALID_ARGUMENT';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { ...context, code: InvalidArgumentError.code });
    this.name = 'InvalidArgumentError';
  }
}

/** The store lacks a guarantee or a call that is needed. Nothing was sent. */
export class UnsupportedError extends NoriKVError {
  static override readonly code = 'UNSUPPORTED';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { ...context, code: UnsupportedError.code });
    this.name = 'UnsupportedError';
  }
}

/** The store is closed. */
export class ClosedError extends NoriKVError {
  static override readonly code = 'CLOSED';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { ...context, code: ClosedError.code });
    this.name = 'ClosedError';
  }
}

/**
 * The caller's signal ended the call; `cause` is the signal's reason. Its `name` is `AbortError`, as the
 * platform's own. `outcome` says whether the write may have left before.
 */
export class CancelledError extends NoriKVError {
  static override readonly code = 'CANCELLED';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { ...context, code: CancelledError.code });
    this.name = 'AbortError';
  }
}

/** Time ran out. On a write the outcome is unknown unless the error says otherwise. */
export class DeadlineExceededError extends NoriKVError {
  static override readonly code = 'DEADLINE_EXCEEDED';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { outcome: 'unknown', retryable: true, ...context, code: DeadlineExceededError.code });
    this.name = 'DeadlineExceededError';
  }
}

/** The store could not be reached or answered that it cannot serve. On a write the outcome is unknown. */
export class UnavailableError extends NoriKVError {
  static override readonly code = 'UNAVAILABLE';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { outcome: 'unknown', retryable: true, ...context, code: UnavailableError.code });
    this.name = 'UnavailableError';
  }
}

/** A limit of the store is reached: too many calls at once, no space, too many keys. Nothing was applied. */
export class ResourceExhaustedError extends NoriKVError {
  static override readonly code = 'RESOURCE_EXHAUSTED';
  constructor(message: string, context: ErrorContext = {}) {
    super(message, { retryable: true, ...context, code: ResourceExhaustedError.code });
    this.name = 'ResourceExhaustedError';
  }
}
