import { createHash } from 'node:crypto';
import { stringToBytes } from '@norikv/store';
import { refuse } from '@norikv/store/checks';

const longestNameBytes = 128;

/**
 * A tenant's name as a part of a key: different names make different parts, and no part contains `/`.
 *
 * A long name becomes a hash, behind `%h`, which escaping never makes.
 *
 * @throws InvalidArgumentError if it is empty or not well-formed Unicode.
 */
export function encodeName(name: string): string {
  if (typeof name !== 'string' || name === '' || !name.isWellFormed()) {
    refuse('the tenant id', name, 'well-formed text of at least one character');
  }
  const bytes = stringToBytes(name);
  if (bytes.length > longestNameBytes) return `%h${createHash('sha256').update(bytes).digest('hex')}`;
  return name.replace(/[%/]/g, (sign) => (sign === '%' ? '%25' : '%2F'));
}
