import { type Key, keyToBytes, type SizeLimits, type Value, valueToBytes } from '@norikv/store';
import { blankRecord } from './record.js';

/** The bytes of a key: those of `keyToBytes`, for a good string from Node's pool, which is several times faster. */
export function keyBytesOf(key: Key, limits: SizeLimits): Buffer {
  if (typeof key === 'string' && key !== '' && key.isWellFormed()) {
    const bytes = Buffer.from(key);
    if (bytes.length <= limits.maxKeyBytes) return bytes;
  }
  const { buffer, byteOffset, length } = keyToBytes(key, limits);
  return Buffer.from(buffer, byteOffset, length);
}

/** A record without header for a value, copied once. */
export function recordOf(value: Value, limits: SizeLimits): Buffer {
  const isGood = value instanceof Uint8Array && value.length <= limits.maxValueBytes;
  return blankRecord(isGood ? value : valueToBytes(value, limits));
}

/** The text of what was read. lmdb reads into one long buffer and sets its `length`, which `toString` alone may ignore. */
export function textOf(bytes: Buffer | undefined): string | undefined {
  return bytes?.toString('latin1', 0, bytes.length);
}
