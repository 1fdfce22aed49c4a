import { InvalidArgumentError, stringToBytes } from '@norikv/store';
import { refuse } from '@norikv/store/checks';

const longestIdentifier = 256;

/** Makes the store key of an identifier. Different identifiers have different keys. */
export type RecordKey = (identifier: string) => string | Promise<string>;

/**
 * The first `:` or `#` of a key ends its prefix, so those of the prefix are percent-encoded.
 *
 * @throws InvalidArgumentError for a prefix that is empty or long.
 */
export function recordKeys(prefix: string): RecordKey {
  if (typeof prefix !== 'string' || prefix.length < 1 || prefix.length > 64 || !prefix.isWellFormed()) {
    refuse('prefix', prefix, 'a string of 1 to 64 characters');
  }
  const start = prefix.replace(/[%:#]/g, encodeURIComponent);
  return (identifier) => {
    if (typeof identifier !== 'string' || identifier === '') {
      throw new InvalidArgumentError(
        `identifier is ${identifier === '' ? 'empty' : typeof identifier}; use a string that names who is limited`,
      );
    }
    if (identifier.length <= longestIdentifier && identifier.isWellFormed()) return `${start}:${identifier}`;
    return hashIdentifier(JSON.stringify(identifier)).then((hash) => `${start}#${hash}`);
  };
}

/**
 * The SHA-256 of an identifier in hexadecimal, for identifiers that must not be readable in the store: API
 * keys, e-mail addresses, tokens. Identifiers above 256 characters are hashed without asking.
 */
export async function hashIdentifier(identifier: string): Promise<string> {
  const bytes = new Uint8Array(stringToBytes(identifier));
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
