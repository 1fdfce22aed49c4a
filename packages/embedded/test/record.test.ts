import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { blankRecord, hasVersion, readHeader, readValue, sealRecord, versionOf } from '../src/record.js';

const key = Buffer.from('key');
const number = fc.maxSafeNat();
const header = fc.record({ term: number, index: number, expiresAtMs: number });
const bytes = fc.uint8Array({ maxLength: 300 });

describe('a record', () => {
  test('has the format of stores that exist already', () => {
    const record = blankRecord(Buffer.from('value'));
    sealRecord(record, key, { term: 1_767_225_600_000, index: 2 ** 32 + 5, expiresAtMs: 1_800_000_000_000 });
    expect(record.toString('hex')).toBe(
      '01000000' + // format
        'd682f2ba' + // checksum
        '0000019b76daa800' + // term
        '0000000100000005' + // index
        '000001a3185c5000' + // expiry
        '76616c7565', // value
    );
  });

  test('is read as it was written, also from a longer buffer', () => {
    fc.assert(
      fc.property(bytes, header, bytes, bytes, (recordKey, written, value, after) => {
        const record = blankRecord(value);
        sealRecord(record, recordKey, written);
        const buffer = Buffer.concat([record, after]);
        expect(readHeader(buffer, record.length, recordKey)).toEqual(written);
        expect(readValue(buffer, record.length)).toEqual(Uint8Array.from(value));
      }),
    );
  });

  test('is not read under another key', () => {
    fc.assert(
      fc.property(bytes, bytes, header, (one, other, written) => {
        fc.pre(!Buffer.from(one).equals(other));
        const record = blankRecord(Buffer.from('value'));
        sealRecord(record, one, written);
        expect(readHeader(record, record.length, other)).toBeUndefined();
      }),
    );
  });

  test('has its version and no other, however large', () => {
    fc.assert(
      fc.property(header, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (written, large) => {
        const version = versionOf(written);
        expect(hasVersion(written, version)).toBe(true);
        expect(hasVersion(written, { ...version, index: large })).toBe(large === version.index);
        expect(hasVersion(written, { ...version, term: large })).toBe(large === version.term);
      }),
    );
    const largest = { term: Number.MAX_SAFE_INTEGER, index: 1, expiresAtMs: 0 };
    expect(hasVersion(largest, { term: 2n ** 53n, index: 1n })).toBe(false);
  });
});
