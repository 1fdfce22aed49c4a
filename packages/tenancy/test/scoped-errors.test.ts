import {
  AlreadyExistsError,
  CancelledError,
  type Entry,
  NoriKVError,
  ResourceExhaustedError,
  UnavailableError,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { describe, expect, it } from 'vitest';
import { TenantLimitError, TenantNotFoundError, TenantSuspendedError } from '../src/index.js';
import { scopedError, unservedError } from '../src/scoped-errors.js';

const version: Version = { term: 1n, index: 2n };
const entry: Entry = { value: new Uint8Array([1]), version };
const scoped = (error: unknown): NoriKVError => scopedError(error, 'tenant.a/', 'key');

describe('the error of a call', () => {
  it.each([UnavailableError, ResourceExhaustedError])('stays what it is: %o', (Class) => {
    for (const retryable of [true, false]) {
      const error = scoped(
        new Class('no room for tenant.a/key', { retryable, outcome: 'unknown', key: 'tenant.a/key' }),
      );
      expect(error).toBeInstanceOf(Class);
      expect(error).toMatchObject({ message: 'no room for key', retryable, outcome: 'unknown', key: 'key' });
    }
  });

  it.each(['a', 'a"b', 'a\\b', 'a\nb', 'é'.repeat(100), `${'\\'.repeat(63)}😀`])(
    'shows no prefix, however the store writes it: %j',
    (tenant) => {
      const prefix = `tenant.${tenant}/`;
      const name = `${prefix}docs`;
      for (const text of [name, JSON.stringify(name), shown(name)]) {
        const { message } = scopedError(new UnavailableError(`there is no ${text} here`), prefix, 'docs');
        expect(message).not.toContain('tenant.');
        expect(message).toMatch(/^there is no .* here$/);
      }
    },
  );

  it('says what was there instead', () => {
    const mismatch = scoped(new VersionMismatchError('other', { expected: version, actual: entry }));
    expect(mismatch).toBeInstanceOf(VersionMismatchError);
    expect(mismatch).toMatchObject({ expected: version, actual: entry, outcome: 'not-applied' });
    const absent = scoped(new VersionMismatchError('other', { expected: version, actual: null }));
    expect(absent).toMatchObject({ actual: null });
    const existing = scoped(new AlreadyExistsError('there', { actual: entry }));
    expect(existing).toBeInstanceOf(AlreadyExistsError);
    expect(existing).toMatchObject({ actual: entry });
    expect(scoped(new AlreadyExistsError('there')).cause).toBeUndefined();
  });

  it("has the reason of the caller's own signal, and no other cause", () => {
    const cause = new Error('tenant.a/key');
    expect(scoped(new CancelledError('cancelled', { cause }))).toMatchObject({ code: 'CANCELLED', cause });
    expect(scoped(new UnavailableError('down', { cause })).cause).toBeUndefined();
  });

  it('of another client says its code alone, and may not be retried', () => {
    const foreign = Object.assign(new Error('tenant.a/secret'), { code: 'UNAVAILABLE', retryable: true });
    expect(scoped(foreign)).toMatchObject({
      message: 'the store failed (UNAVAILABLE)',
      outcome: 'unknown',
      retryable: false,
    });
  });

  it('of no known class keeps its code', () => {
    expect(scoped(new NoriKVError('odd', { code: 'ODD', retryable: true }))).toMatchObject({
      code: 'ODD',
      retryable: true,
    });
    expect(scoped(new TypeError('bug'))).toMatchObject({ code: 'INTERNAL', retryable: false });
  });
});

describe('the error of a call that was not served', () => {
  it.each([
    new TenantNotFoundError('none'),
    new TenantSuspendedError('suspended'),
    new TenantLimitError('full', { limit: 'maxKeys' }),
  ])('is that of the tenant: %o', (error) => {
    expect(unservedError(error, 'key')).toBe(error);
  });

  it('applied nothing, and stays what it is', () => {
    for (const retryable of [true, false]) {
      const error = unservedError(
        new UnavailableError('tenant.id/a', { retryable, outcome: 'unknown' }),
        'key',
      );
      expect(error).toBeInstanceOf(UnavailableError);
      expect(error).toMatchObject({ outcome: 'not-applied', retryable, key: 'key' });
      expect(String(error)).not.toContain('tenant.id');
    }
    const cause = new Error('the page was left');
    expect(
      unservedError(new CancelledError('cancelled', { cause, outcome: 'unknown' }), 'key'),
    ).toMatchObject({
      code: 'CANCELLED',
      outcome: 'not-applied',
      cause,
    });
    expect(unservedError(new NoriKVError('odd', { code: 'ODD' }), 'key')).toMatchObject({ code: 'ODD' });
  });
});
