import { createHash } from 'node:crypto';
import { InvalidArgumentError, stringToBytes } from '@norikv/store';
import { refuse } from '@norikv/store/checks';

/**
 * Joins names so that different lists never make the same text.
 *
 * @throws InvalidArgumentError if a name is no text, or not well-formed Unicode.
 */
export function joinNames(names: readonly string[]): string {
  return names.map(escaped).join('/');
}

/** A name as `joinNames` writes it. */
export function escaped(name: string): string {
  if (typeof name !== 'string' || !name.isWellFormed()) {
    refuse('a key, tag, namespace or prefix', name, 'a string of well-formed Unicode');
  }
  if (!name.includes('%') && !name.includes('/')) return name;
  return name.replace(/[%/]/g, (sign) => (sign === '%' ? '%25' : '%2F'));
}

/** The key of the store for names that were joined. One that is too long for the store becomes a hash of it. */
export function storeKey(prefix: string, kind: string, path: string, maxKeyBytes: number): string {
  const key = `${joinNames([prefix])}/${kind}/${path}`;
  if (stringToBytes(key).length <= maxKeyBytes) return key;
  return `${joinNames([prefix])}/#${kind}/${createHash('sha256').update(stringToBytes(path)).digest('hex')}`;
}

const hashedBytes = '/#v/'.length + 64;

/**
 * Checks what begins every key.
 *
 * @throws InvalidArgumentError if it is empty, no text, or leaves no room for a hash in the store's longest key.
 */
export function checkPrefix(prefix: string, maxKeyBytes: number): void {
  if (prefix === '') throw new InvalidArgumentError('prefix is empty; use at least one character');
  const bytes = stringToBytes(joinNames([prefix])).length;
  if (bytes + hashedBytes <= maxKeyBytes) return;
  throw new InvalidArgumentError(
    `prefix has ${bytes} bytes, "%" and "/" counted three times; use at most ${maxKeyBytes - hashedBytes}`,
  );
}

/** Which of `shards` a key belongs to: the same in every process. */
export function shardOf(key: string, shards: number): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < key.length; position += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(position), 0x01000193);
  }
  return (hash >>> 0) % shards;
}
