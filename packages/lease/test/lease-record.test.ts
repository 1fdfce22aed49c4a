import { stringToBytes } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { leaseCodec, longestMs } from '../src/lease-record.js';

const stored = { v: 1, holder: 'a', tenure: 't', epoch: '3', seq: 0, ttlMs: 1, since: 0 };
const decode = (record: object): unknown => leaseCodec.decode(stringToBytes(JSON.stringify(record)));

describe('a record', () => {
  it.each([{}, { holder: null }, { ttlMs: longestMs }, { epoch: '90071992547409930' }])(
    'is one with %j',
    (facts) => {
      const record = { ...stored, ...facts };
      const { v: _, ...rest } = record;
      expect(decode(record)).toEqual({ ...rest, epoch: BigInt(record.epoch) });
    },
  );

  it.each([
    { v: 2 },
    { holder: 7 },
    { holder: undefined },
    { tenure: 7 },
    { epoch: '3x' },
    { epoch: 'x3' },
    { epoch: '-3' },
    { epoch: '' },
    { seq: -1 },
    { seq: 0.5 },
    { ttlMs: 0 },
    { ttlMs: longestMs + 1 },
    { ttlMs: '1' },
    { since: 'now' },
  ])('is none with %j', (facts) => {
    expect(() => decode({ ...stored, ...facts })).toThrow(TypeError);
  });
});
