import { createHash } from 'node:crypto';

/** 64 bits that stand for a text, in 11 characters. */
export function shortHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest().subarray(0, 8).toString('base64url');
}
