import { InvalidArgumentError, stringToBytes } from '@norikv/store';

/** Longest name of a stream in bytes of UTF-8, so that every key made from it stays below 1,024 bytes. */
export const maxNameBytes = 400;

/**
 * The keys of one family of logs. The kind comes before the name and the suffix holds no colon, so no two
 * names share a key.
 */
export interface LogKeys {
  head(name: string): string;
  /** Sealed lines. Committed lines never change, so the range fixes the bytes, whoever writes them. */
  segment(name: string, first: number, last: number): string;
  /** An index page, named by its level and range for the same reason. */
  page(name: string, level: number, first: number, last: number): string;
  /** A piece of a commit too large for the head, under a name that is never used again. */
  part(name: string, token: string, piece: number): string;
}

/** @param family - tells apart the kinds of logs that share a prefix: at most one letter. */
export function logKeys(prefix: string, family = ''): LogKeys {
  const key = (kind: string, name: string): string => `${prefix}:${family}${kind}:${name}`;
  return {
    head: (name) => key('h', name),
    segment: (name, first, last) => `${key('g', name)}:${first}-${last}`,
    page: (name, level, first, last) => `${key('x', name)}:${level}-${first}-${last}`,
    part: (name, token, piece) => `${key('b', name)}:${token}-${piece}`,
  };
}

/** @throws InvalidArgumentError unless the prefix has 1 to 64 bytes and no colon. */
export function checkPrefix(prefix: string): string {
  if (/^[^:]{1,64}$/u.test(prefix) && stringToBytes(prefix).length <= 64) return prefix;
  throw new InvalidArgumentError(`prefix is ${JSON.stringify(prefix)}; use 1 to 64 bytes without a colon`);
}

/** @throws InvalidArgumentError unless the name has 1 to 400 bytes of well-formed Unicode. */
export function checkName(option: string, name: unknown, maxBytes: number = maxNameBytes): string {
  if (typeof name !== 'string' || !name.isWellFormed()) {
    throw new InvalidArgumentError(`${option} must be a string of well-formed Unicode`);
  }
  const { length } = stringToBytes(name);
  if (length >= 1 && length <= maxBytes) return name;
  throw new InvalidArgumentError(`${option} has ${length} bytes; use 1 to ${maxBytes}`);
}
