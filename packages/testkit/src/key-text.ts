import type { Key } from '@norikv/store';

/** The bytes of a key as a string with one character a byte: two keys are the same if these are. */
export function keyText(key: Key): string {
  const bytes =
    typeof key === 'string' ? Buffer.from(key) : Buffer.from(key.buffer, key.byteOffset, key.length);
  return bytes.toString('latin1');
}
