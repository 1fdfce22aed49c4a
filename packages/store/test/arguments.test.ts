import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesEqual,
  bytesToString,
  checkDurationMs,
  conditionOf,
  isZeroVersion,
  keyToBytes,
  stringToBytes,
  valueToBytes,
  versionsEqual,
} from '../src/index.js';

const limits = { maxKeyBytes: 1_024, maxValueBytes: 2 ** 20 };

describe('bytes', () => {
  it('survive the way to a string and back', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => bytesToString(stringToBytes(text)) === text),
    );
    expect(bytesToString(stringToBytes('\ufeffmark'))).toBe('\ufeffmark');
  });

  it('are the UTF-8 of a text, whatever it is and however long', () => {
    const mostlyAscii = fc.string({
      unit: fc.oneof(
        { weight: 40, arbitrary: fc.constant('k') },
        fc.constantFrom('\x7f', '\x80', 'é', '\u{1f600}', '\ud800'),
      ),
      maxLength: 130,
      size: 'max',
    });
    fc.assert(
      fc.property(mostlyAscii, (text) => {
        expect([...stringToBytes(text)]).toEqual([...new TextEncoder().encode(text)]);
      }),
      { numRuns: 1_000 },
    );
  });

  it('are equal when they are the same', () => {
    expect(bytesEqual(stringToBytes('ab'), stringToBytes('ab'))).toBe(true);
    expect(bytesEqual(stringToBytes('ab'), stringToBytes('ac'))).toBe(false);
    expect(bytesEqual(stringToBytes('ab'), stringToBytes('a'))).toBe(false);
    expect(bytesEqual(stringToBytes('a'), stringToBytes('ab'))).toBe(false);
  });
});

describe('a key', () => {
  it('has 1 to 1,024 bytes, counted in bytes', () => {
    expect(keyToBytes('k'.repeat(1_024), limits)).toHaveLength(1_024);
    expect(() => keyToBytes('', limits)).toThrow(/key has 0 bytes; use 1 to 1024/);
    expect(() => keyToBytes('é'.repeat(513), limits)).toThrow(/key has 1026 bytes/);
  });

  it('is copied, from a Buffer as well', () => {
    const buffer = Buffer.from('abc');
    const key = keyToBytes(buffer, limits);
    buffer[0] = 0;
    expect(bytesToString(key)).toBe('abc');
    expect(Buffer.isBuffer(key)).toBe(false);
  });

  it('is well-formed: two broken strings could become the same bytes', () => {
    expect(() => keyToBytes('a\ud800', limits)).toThrow(/not well-formed Unicode/);
    expect(keyToBytes('\u{1f600}', limits)).toHaveLength(4);
    expect(keyToBytes('\u00e9', limits)).not.toEqual(keyToBytes('e\u0301', limits));
  });

  it.each([
    [null, 'null'],
    [undefined, 'undefined'],
    [7, '7'],
  ])('%s is refused by its type', (key, type) => {
    expect(() => keyToBytes(key as unknown as string, limits)).toThrow(
      `key is ${type}; use a string or a Uint8Array`,
    );
  });
});

describe('a value', () => {
  it('has at most 1 MiB and may be empty', () => {
    expect(valueToBytes('', limits)).toHaveLength(0);
    expect(valueToBytes(new Uint8Array(2 ** 20), limits)).toHaveLength(2 ** 20);
    expect(() => valueToBytes(new Uint8Array(2 ** 20 + 1), limits)).toThrow(/value has 1048577 bytes/);
  });
});

describe('a condition', () => {
  const version = { term: 1n, index: 2n };

  it('is one of three', () => {
    expect(conditionOf()).toEqual({ kind: 'always' });
    expect(conditionOf({ ifMatchVersion: null, ifNotExists: false })).toEqual({ kind: 'always' });
    expect(conditionOf({ ifNotExists: true })).toEqual({ kind: 'absent' });
    expect(conditionOf({ ifMatchVersion: version })).toEqual({ kind: 'version', version });
    expect(conditionOf({ ifMatchVersion: { term: 0n, index: 0n } })).toEqual({ kind: 'absent' });
    for (const early of [
      { term: 0n, index: 1n },
      { term: 1n, index: 0n },
    ]) {
      expect(conditionOf({ ifMatchVersion: early })).toEqual({ kind: 'version', version: early });
    }
  });

  it('is not two at once, and takes nothing but a version', () => {
    expect(() => conditionOf({ ifNotExists: true, ifMatchVersion: version })).toThrow(/exclude each other/);
    for (const wrong of [{ term: 1, index: 2 }, { term: 1n, index: 2 }, { term: 1, index: 2n }, {}, 'v']) {
      const ifMatchVersion = wrong as unknown as typeof version;
      expect(() => conditionOf({ ifMatchVersion })).toThrow(/\{term, index\} as bigint/);
    }
    expect(() => conditionOf(null as never)).toThrow('options is null; use an object, or leave it out');
  });

  it('compares versions by both parts', () => {
    expect(versionsEqual(version, { term: 1n, index: 2n })).toBe(true);
    expect(versionsEqual(version, { term: 2n, index: 2n })).toBe(false);
    expect(versionsEqual(version, { term: 1n, index: 3n })).toBe(false);
    expect(isZeroVersion(version)).toBe(false);
  });
});

describe('a duration', () => {
  it.each([1, 86_400_000 * 3_650, undefined])('of %s is fine', (durationMs) => {
    checkDurationMs('ttlMs', durationMs);
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('of %s is refused by name', (durationMs) => {
    expect(() => checkDurationMs('ttlMs', durationMs)).toThrow(`ttlMs is ${durationMs}; use a whole number`);
  });
});
