import { describe, expect, it } from 'vitest';
import {
  checkCallOptions,
  checkReadOptions,
  checkSignal,
  checkWriteOptions,
  deleteNames,
  searchNames,
} from '../src/call-options.js';
import { shown } from '../src/checks.js';

describe('options of a read', () => {
  it.each([undefined, 'lease', 'linearizable', 'stale_ok'] as const)('may ask for %s', (consistency) => {
    expect(() => checkReadOptions({ consistency })).not.toThrow();
  });

  it('name a consistency there is', () => {
    expect(() => checkReadOptions({ consistency: 'eventual' as never })).toThrow(
      "consistency is \"eventual\"; use 'lease', 'linearizable' or 'stale_ok'",
    );
  });
});

describe('an option that is misspelt', () => {
  it.each([
    ['ifMatchVersoin', 'an option of a write is "ifMatchVersoin"; use ifNotExists, ttlMs, ifMatchVersion, '],
    ['toString', 'an option of a write is "toString"; use '],
  ])('is refused in a write: %s', (name, message) => {
    expect(() => checkWriteOptions({ [name]: undefined })).toThrow(message);
  });

  it('is refused in a read', () => {
    expect(() => checkReadOptions({ consistancy: 'stale_ok' } as object)).toThrow(
      'an option of a read is "consistancy"; use consistency, signal, timeoutMs',
    );
  });

  it('is refused in a search for vectors', () => {
    expect(() => checkReadOptions({ includeVectors: true } as object, searchNames)).not.toThrow();
    expect(() => checkReadOptions({ filter: [] } as object, searchNames)).toThrow(
      'an option of a read is "filter"; use includeVectors, consistency, signal, timeoutMs',
    );
  });
});

describe('options of a write', () => {
  it('may all be left out, or all be given', () => {
    expect(() => checkWriteOptions({})).not.toThrow();
    expect(() => checkWriteOptions({ ttlMs: 1, ifNotExists: false, idempotencyKey: 'é' })).not.toThrow();
  });

  it.each([
    [{ ttlMs: 1.5 }, 'ttlMs is 1.5'],
    [{ ifNotExists: 1 }, 'ifNotExists is 1; use true or false'],
    [{ idempotencyKey: '' }, 'idempotencyKey is ""; use a well-formed string'],
    [{ idempotencyKey: '\ud800' }, 'idempotencyKey is "\\ud800"; use a well-formed string'],
    [{ idempotencyKey: 7n }, 'idempotencyKey is 7n; use a well-formed string'],
  ])('are refused by name: %o', (options, message) => {
    expect(() => checkWriteOptions(options as never)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) }),
    );
  });
});

describe('options of a delete', () => {
  it('are not those that only a put has', () => {
    expect(() => checkWriteOptions({ idempotencyKey: 'once' }, deleteNames)).not.toThrow();
    for (const ofPut of [{ ttlMs: 1 }, { ifNotExists: true }, { ifNotExists: false }]) {
      const [name] = Object.keys(ofPut);
      expect(() => checkWriteOptions(ofPut, deleteNames)).toThrow(
        `an option of a write is "${name}"; use ifMatchVersion, idempotencyKey, signal, timeoutMs`,
      );
    }
  });
});

describe('a signal', () => {
  it('is that of an AbortController, or left out', () => {
    expect(() => checkSignal(undefined)).not.toThrow();
    expect(() => checkSignal(new AbortController().signal)).not.toThrow();
  });

  it.each([null, 'stop', {}, { aborted: false }])('%j is none', (signal) => {
    expect(() => checkSignal(signal as never)).toThrow('use the signal of an AbortController');
  });
});

describe('options of every call', () => {
  it('may be left out, or be given', () => {
    expect(() => checkCallOptions({})).not.toThrow();
    expect(() => checkCallOptions({ signal: new AbortController().signal, timeoutMs: 1 })).not.toThrow();
  });

  it.each([
    [{ signal: 7 }, 'signal is 7; use the signal of an AbortController'],
    [{ timeoutMs: 0 }, 'timeoutMs is 0; use a whole number of milliseconds'],
  ])('are refused by name: %o', (options, message) => {
    expect(() => checkCallOptions(options as never)).toThrow(message);
  });
});

describe.each([
  ['a call', checkCallOptions],
  ['a read', checkReadOptions],
  ['a write', checkWriteOptions],
])('what is no object is refused as the options of %s', (_call, check) => {
  it.each([null, undefined, 5_000, 'linearizable', false])('%j', (options) => {
    expect(() => check(options as never)).toThrow(
      expect.objectContaining({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining(`options is ${shown(options)}; use an object`),
      }),
    );
  });
});
