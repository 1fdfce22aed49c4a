import { createHash } from 'node:crypto';

/** Names a content: equal for equal parts, in base64url. */
export function contentHash(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
