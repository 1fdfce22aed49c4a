import { stringToBytes } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { referencesIn, storedTextCodec, textOf } from '../src/stored-text.js';

const decode = (value: unknown): unknown => storedTextCodec.decode(stringToBytes(JSON.stringify(value)));

describe('a stored text', () => {
  it.each([{ value: 'a' }, { value: '', expiresAt: 5 }, { expiresAt: 5 }])('is %j', (stored) => {
    expect(decode(stored)).toEqual(stored);
  });

  it.each([{}, [], 'a', null, { value: 5 }, { value: 'a', expiresAt: 'b' }, { expiresAt: -1 }])(
    'is not %j',
    (stored) => {
      expect(() => decode(stored)).toThrow('no stored text');
    },
  );

  it('is there until it expires', () => {
    expect([textOf({ value: 'a', expiresAt: 5 }, 4), textOf({ value: 'a', expiresAt: 5 }, 5)]).toEqual([
      'a',
      null,
    ]);
    expect(textOf({ value: 'a' }, Number.MAX_SAFE_INTEGER)).toBe('a');
    expect([textOf({ expiresAt: 5 }, 4), textOf(undefined, 4)]).toEqual([null, null]);
  });
});

describe('the references in a text', () => {
  const good = { token: 'a', expiresAt: 5 };

  it('are those that are some', () => {
    const list = [
      good,
      { token: 'b' },
      { expiresAt: 5 },
      { token: 7, expiresAt: 5 },
      { token: 'c', expiresAt: '5' },
      null,
      'd',
    ];
    expect(referencesIn(JSON.stringify(list))).toEqual([good]);
  });

  it.each([null, '', '{}', '"a"', 'no JSON'])('are none in %j', (text) => {
    expect(referencesIn(text)).toEqual([]);
  });
});
