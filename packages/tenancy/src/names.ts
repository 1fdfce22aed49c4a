import { createHash } from 'node:crypto';
import { InvalidArgumentError, keyToBytes, stringToBytes } from '@norikv/store';

const longestNameBytes = 128;
const limits = { maxKeyBytes: Number.MAX_SAFE_INTEGER, maxValueBytes: 0 };

/**
 * A tenant's name as a part of a key: different names make different parts, and no part contains `/`.
 *
 * A long name becomes a hash, behind `%h`, which escaping never makes.
 *
 * @throws InvalidArgumentError if it is empty or not well-formed Unicode.
 */
export function encodeName(name: string): string {
  if (typeof name !== 'string' || name === '') {
    throw new InvalidArgumentError('the tenant id is empty or no text; use at least one character');
  }
  const { length } = keyToBytes(name, limits);
  if (length > longestNameBytes) {
    return `%h${createHash('sha256').update(stringToBytes(name)).digest('hex')}`;
  }
  return name.replace(/[%/]/g, (sign) => (sign === '%' ? '%25' : '%2F'));
}
