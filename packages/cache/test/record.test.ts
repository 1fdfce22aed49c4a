import { stringToBytes } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { type Body, decodeRecord, encodeRecord } from '../src/record.js';

const body: Body = {
  payload: stringToBytes('value\nof two lines'),
  storedAt: 1_000,
  freshMs: 100,
  staleMs: 50,
  epochs: { n: '1.1' },
};
const empty = { body: undefined, lease: undefined };

describe('a record', () => {
  it.each([
    { body, lease: undefined },
    { body, lease: 'load-1' },
    { body: { ...body, payload: null }, lease: undefined },
    { body: { ...body, payload: new Uint8Array(0) }, lease: undefined },
    { body: undefined, lease: 'load-1' },
    empty,
  ])('says what it was made of: %j', (record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record);
  });

  it('dated after now is taken for new', () => {
    const bytes = encodeRecord({ body, lease: undefined });
    expect(decodeRecord(bytes, 900).body?.storedAt).toBe(900);
    expect(decodeRecord(bytes, 1_100).body?.storedAt).toBe(1_000);
  });

  it.each(['', '\n', 'text', 'null\n', '[]\n', '7\n', '{"at":1\n'])('that is none is empty: %j', (text) => {
    expect(decodeRecord(stringToBytes(text))).toEqual(empty);
  });

  it.each([
    { at: '1' },
    { fresh: undefined },
    { fresh: '1' },
    { stale: '1' },
    { epochs: undefined },
    { epochs: null },
    { epochs: 'n' },
  ])('with %j has no value', (facts) => {
    const header = { at: 1, fresh: 1, stale: 1, epochs: { n: '1' }, lease: 'load-1', ...facts };
    expect(decodeRecord(stringToBytes(`${JSON.stringify(header)}\nvalue`))).toEqual({
      body: undefined,
      lease: 'load-1',
    });
  });

  it('without a grace has none, and a lease that is no name is none', () => {
    const header = { at: 1, fresh: 1, epochs: { n: '1' }, lease: 7 };
    expect(decodeRecord(stringToBytes(`${JSON.stringify(header)}\n`))).toMatchObject({
      body: { staleMs: 0 },
      lease: undefined,
    });
  });
});
