import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import * as store from '../src/index.js';
import {
  AlreadyExistsError,
  CancelledError,
  DeadlineExceededError,
  errorCode,
  InvalidArgumentError,
  isAlreadyExists,
  isKeyNotFound,
  isNoriKVError,
  isVersionMismatch,
  KeyNotFoundError,
  NoriKVError,
  ResourceExhaustedError,
  stringToBytes,
  UnavailableError,
  VersionMismatchError,
} from '../src/index.js';

/** What another copy of the package would make: same brand and code, another prototype. */
function foreign(code: string): Error {
  return Object.assign(new Error('from another copy'), { code, [Symbol.for('norikv.error')]: true });
}

describe('an error', () => {
  it.each([
    [KeyNotFoundError, 'KEY_NOT_FOUND', 'KeyNotFoundError'],
    [VersionMismatchError, 'VERSION_MISMATCH', 'VersionMismatchError'],
    [AlreadyExistsError, 'ALREADY_EXISTS', 'AlreadyExistsError'],
    [InvalidArgumentError, 'INVALID_ARGUMENT', 'InvalidArgumentError'],
    [store.UnsupportedError, 'UNSUPPORTED', 'UnsupportedError'],
    [store.ClosedError, 'CLOSED', 'ClosedError'],
    [CancelledError, 'CANCELLED', 'AbortError'],
  ])('%o has a code, a name, and changed nothing', (ErrorClass, code, name) => {
    const cause = new Error('below');
    const error = new ErrorClass('what happened', { key: 'k', cause });
    expect(error).toMatchObject({ code, name, message: 'what happened', key: 'k', cause });
    expect(error).toMatchObject({ outcome: 'not-applied', retryable: false });
    expect(error).toBeInstanceOf(Error);
  });

  it('of the transport leaves a write unknown and may be retried, unless it says otherwise', () => {
    for (const ErrorClass of [DeadlineExceededError, UnavailableError]) {
      expect(new ErrorClass('lost')).toMatchObject({ outcome: 'unknown', retryable: true });
      expect(new ErrorClass('never left', { outcome: 'not-applied' })).toMatchObject({
        outcome: 'not-applied',
      });
    }
    expect(new ResourceExhaustedError('full')).toMatchObject({ outcome: 'not-applied', retryable: true });
  });

  it('has what the key holds for who asks, and for no log', () => {
    const actual = { value: stringToBytes('a secret'), version: { term: 1n, index: 2n } };
    const errors = [
      new VersionMismatchError('lost', { key: 'k', expected: actual.version, actual }),
      new AlreadyExistsError('lost', { key: 'k', actual }),
    ];
    for (const error of errors) {
      expect(error.actual).toBe(actual);
      expect(JSON.parse(JSON.stringify(error))).toMatchObject({ outcome: 'not-applied', key: 'k' });
      expect(JSON.stringify(error) + inspect(error)).not.toMatch(/actual|expected/);
    }
  });

  it('says what its class says where a fact is handed on that nobody knows', () => {
    const facts = { outcome: undefined, retryable: undefined };
    expect(new UnavailableError('', facts)).toMatchObject({ outcome: 'unknown', retryable: true });
    expect(new DeadlineExceededError('', facts)).toMatchObject({ outcome: 'unknown', retryable: true });
    expect(new ResourceExhaustedError('', facts)).toMatchObject({ outcome: 'not-applied', retryable: true });
    expect(new KeyNotFoundError('', facts)).toMatchObject({ outcome: 'not-applied', retryable: false });
  });

  it('carries the evidence of a lost race', () => {
    const actual = { value: new Uint8Array(), version: { term: 1n, index: 2n } };
    const expected = { term: 1n, index: 1n };
    expect(new VersionMismatchError('lost', { expected, actual })).toMatchObject({ expected, actual });
    expect(new VersionMismatchError('lost').actual).toBeUndefined();
    expect(new AlreadyExistsError('there', { actual })).toMatchObject({ actual });
    expect(new AlreadyExistsError('there').actual).toBeUndefined();
  });

  it('of any code can be made of the base class', () => {
    const error = new NoriKVError('who are you', { code: 'UNAUTHENTICATED' });
    expect(error).toMatchObject({ code: 'UNAUTHENTICATED', name: 'UnauthenticatedError' });
    expect(new NoriKVError('odd')).toMatchObject({ code: 'INTERNAL', name: 'InternalError' });
    expect(error.cause).toBeUndefined();
  });
});

describe('instanceof', () => {
  it('holds across copies of the package', () => {
    const error = foreign('VERSION_MISMATCH');
    expect(error instanceof NoriKVError).toBe(true);
    expect(error instanceof VersionMismatchError).toBe(true);
    expect(error instanceof KeyNotFoundError).toBe(false);
  });

  it('does not hold for other errors, whatever their code', () => {
    expect(Object.assign(new Error(), { code: 'VERSION_MISMATCH' }) instanceof VersionMismatchError).toBe(
      false,
    );
    expect((null as unknown) instanceof NoriKVError).toBe(false);
    expect((7 as unknown) instanceof NoriKVError).toBe(false);
  });

  it('keeps subclasses apart from their base', () => {
    class StaleLeaseError extends VersionMismatchError {}
    class OtherError extends NoriKVError {
      static override readonly code: string = 'OTHER';
    }
    expect(new StaleLeaseError('x') instanceof VersionMismatchError).toBe(true);
    expect(new VersionMismatchError('x') instanceof StaleLeaseError).toBe(false);
    expect(new OtherError('x')).toMatchObject({ code: 'OTHER', name: 'OtherError' });
    expect(new OtherError('x') instanceof VersionMismatchError).toBe(false);
  });

  it('holds between the ESM and the CJS build', async () => {
    const require = createRequire(import.meta.url);
    const cjs = await Promise.resolve()
      .then(() => require('../dist/index.cjs') as typeof store)
      .catch(() => undefined);
    if (!cjs) return;
    expect(new cjs.VersionMismatchError('x') instanceof VersionMismatchError).toBe(true);
    expect(new cjs.KeyNotFoundError('x') instanceof VersionMismatchError).toBe(false);
  });
});

describe('guards', () => {
  it('go by code, then by name', () => {
    expect(errorCode(new KeyNotFoundError('x'))).toBe('KEY_NOT_FOUND');
    expect(errorCode({ code: 5 })).toBeUndefined();
    expect(errorCode({ name: 'constructor' })).toBeUndefined();
    expect(errorCode({ name: 'NotFoundError' })).toBe('KEY_NOT_FOUND');
    expect(errorCode(new TypeError('x'))).toBeUndefined();
    expect(errorCode(null)).toBeUndefined();
    expect(errorCode('text')).toBeUndefined();
  });

  it('know the names and codes of the public client', () => {
    expect(isKeyNotFound({ code: 'NOT_FOUND' })).toBe(true);
    expect(isKeyNotFound({ name: 'KeyNotFoundError' })).toBe(true);
    expect(isVersionMismatch({ name: 'VersionMismatchError' })).toBe(true);
    expect(isAlreadyExists({ code: 'ALREADY_EXISTS' })).toBe(true);
    expect(isAlreadyExists({ code: 'VERSION_MISMATCH' })).toBe(false);
    expect(isVersionMismatch(new KeyNotFoundError('x'))).toBe(false);
    expect(isNoriKVError(new Error('x'))).toBe(false);
  });
});
