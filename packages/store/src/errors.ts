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
  | 'UNAVAILABLE'
  | 'NOT_LEADER'
  | 'DEADLINE_EXCEEDED'
  | 'INTERNAL';

/** Facts an error may carry. */
export interface ErrorFacts {
  /** Default: that of the class. */
  readonly code?: string | undefined;
  /** Default `not-applied`, or that of the class. */
  readonly outcome?: Outcome | undefined;
  /** Whether the same call may succeed later. Default false, or that of the class. */
  readonly retryable?: boolean | undefined;
  readonly key?: Key | undefined;
  readonly cause?: unknown;
}

/**
 * The base of every error of every package. A subclass sets its static `code`; its name follows from that:
 * `KEY_NOT_FOUND` makes a `KeyNotFoundError`. Its static `outcome` and `retryable` are what its errors say by default.
 *
 * `instanceof` also matches errors from another copy of this package (ESM beside CJS, a second install), by their
 * code. So another copy knows a subclass with its own code, such as `ContentionError`, only as that class, not as its parent.
 */
export class NoriKVError extends Error {
  static readonly code: string = 'INTERNAL';
  /** The outcome of errors of this class that are made without one. */
  static readonly outcome: Outcome = 'not-applied';
  /** Likewise. */
  static readonly retryable: boolean = false;
  readonly code: string;
  readonly outcome: Outcome;
  readonly retryable: boolean;
  readonly key: Key | undefined;

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, 'cause' in facts ? { cause: facts.cause } : undefined);
    this.code = facts.code ?? new.target.code;
    this.name = nameOf(this.code);
    this.outcome = facts.outcome ?? new.target.outcome;
    this.retryable = facts.retryable ?? new.target.retryable;
    this.key = facts.key;
    hide(this, brand, true);
  }

  /** Matches errors of this class from another copy of the package, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (super[Symbol.hasInstance](value)) return true;
    if (!isNoriKVError(value)) return false;
    return this === NoriKVError || (Object.hasOwn(this, 'code') && this.code === value.code);
  }
}

/** Gives an error a fact that loggers do not see: values must not get into logs, and JSON cannot write a version. */
function hide(error: NoriKVError, name: PropertyKey, value: unknown): void {
  Object.defineProperty(error, name, { value });
}

function nameOf(code: string): string {
  return `${code.toLowerCase().replace(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())}Error`;
}

/** Whether a value is an error of this family, from whichever copy of the package. */
export function isNoriKVError(value: unknown): value is NoriKVError {
  return brand in Object(value);
}

/** The key is absent. */
export class KeyNotFoundError extends NoriKVError {
  static override readonly code: string = 'KEY_NOT_FOUND';
}

/** Facts of a {@link VersionMismatchError}. */
export interface MismatchFacts extends ErrorFacts {
  readonly expected?: Version | undefined;
  readonly actual?: Entry | null | undefined;
}

/** A conditional write lost: the key has another version, or is absent. Read again and decide anew. */
export class VersionMismatchError extends NoriKVError {
  static override readonly code: string = 'VERSION_MISMATCH';
  declare readonly expected: Version | undefined;
  /** What the key held when the condition failed: null if absent, undefined if the engine did not say. */
  declare readonly actual: Entry | null | undefined;
  constructor(message: string, facts: MismatchFacts = {}) {
    super(message, facts);
    hide(this, 'expected', facts.expected);
    hide(this, 'actual', facts.actual);
  }
}

/** A create lost: the key exists. */
export class AlreadyExistsError extends NoriKVError {
  static override readonly code: string = 'ALREADY_EXISTS';
  /** What the key held, or undefined if the engine did not say. */
  declare readonly actual: Entry | undefined;
  constructor(message: string, facts: ErrorFacts & { readonly actual?: Entry | undefined } = {}) {
    super(message, facts);
    hide(this, 'actual', facts.actual);
  }
}

/** An argument or option is wrong. The message names it, its value and the fix. Nothing was sent. */
export class InvalidArgumentError extends NoriKVError {
  static override readonly code: string = 'INVALID_ARGUMENT';
}

/** The store lacks a guarantee or a call that is needed. Nothing was sent. */
export class UnsupportedError extends NoriKVError {
  static override readonly code: string = 'UNSUPPORTED';
}

/** The store is closed. */
export class ClosedError extends NoriKVError {
  static override readonly code: string = 'CLOSED';
}

/**
 * The caller's signal ended the call; `cause` is the signal's reason. Its `name` is `AbortError`, as that of
 * the platform's own. `outcome` says whether the write may have left before.
 */
export class CancelledError extends NoriKVError {
  static override readonly code: string = 'CANCELLED';
  override readonly name: string = 'AbortError';
}

/** Time ran out. On a write the outcome is unknown unless the error says otherwise. */
export class DeadlineExceededError extends NoriKVError {
  static override readonly code: string = 'DEADLINE_EXCEEDED';
  static override readonly outcome: Outcome = 'unknown';
  static override readonly retryable: boolean = true;
}

/** The store could not be reached or answered that it cannot serve. On a write the outcome is unknown. */
export class UnavailableError extends NoriKVError {
  static override readonly code: string = 'UNAVAILABLE';
  static override readonly outcome: Outcome = 'unknown';
  static override readonly retryable: boolean = true;
}

/** A limit of the store is reached: too many calls at once, no space, too many keys. Nothing was applied. */
export class ResourceExhaustedError extends NoriKVError {
  static override readonly code: string = 'RESOURCE_EXHAUSTED';
  static override readonly retryable: boolean = true;
}
