import { stringToBytes } from '@norikv/store';
import { expect, it } from 'vitest';
import { checksum } from '../src/log/checksum.js';

it('the checksum is MurmurHash3 with seed 0, wherever the bytes lie in their buffer', () => {
  const published = {
    '': '00000000',
    a: '3c2569b2',
    ab: '9bbfd75f',
    abc: 'b3dd93fa',
    abcd: '43ed676a',
    'The quick brown fox jumps over the lazy dog': '2e4ff723',
  };
  for (const [text, expected] of Object.entries(published)) {
    expect(checksum(stringToBytes(text))).toBe(expected);
    expect(checksum(stringToBytes(`123${text}`).subarray(3))).toBe(expected);
  }
});
