import { createHash } from 'node:crypto';
import { keyToBytes, stringToBytes } from '@norikv/store';

const unlimited = { maxKeyBytes: Number.MAX_SAFE_INTEGER, maxValueBytes: 0 };

/** Joins names so that different lists never make the same text. */
export function joinNames(names: readonly string[]): string {
  return names.map((name) => name.replace(/[%/]/g, (sign) => (sign === '%' ? '%25' : '%2F'))).join('/');
}

/**
 * The key of the store for a list of names. One that is too long for the store becomes a hash of it.
 *
 * @throws InvalidArgumentError if a name is not well-formed Unicode.
 */
export function storeKey(prefix: string, kind: string, path: string, maxKeyBytes: number): string {
  const key = `${prefix}/${kind}/${path}`;
  const bytes = keyToBytes(key, unlimited).length;
  if (bytes <= maxKeyBytes) return key;
  return `${prefix}/#${kind}/${createHash('sha256').update(stringToBytes(path)).digest('hex')}`;
}

/** Which of `shards` a key belongs to: the same in every process. */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < key.length; position += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(position), 0x01000193);
  }
  return (hash >>> 0) % shards;
}
