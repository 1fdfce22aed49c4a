import type { Key } from '@norikv/store';

/** The bytes of a key as a string with one character a byte: two keys are the same if these are. */
export function keyText(key: Key): string {
  const bytes =
    key instanceof Uint8Array
      ? Buffer.from(key.buffer, key.byteOffset, key.length)
      : Buffer.from(String(key));
  return bytes.toString('latin1');
}
