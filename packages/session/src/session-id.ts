import { createHash } from 'node:crypto';

/** 256 bits are 43 characters of base64url; the last one carries 4 bits, so only 16 characters can be it. */
const idPattern = /^[\w-]{42}[AEIMQUYcgkosw048]$/;

/**
 * Makes a session id: 256 bits from the platform's random source for secrets, as 43 characters that are safe
 * in a cookie.
 */
export function createSessionId(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url');
}

/** Whether a value has the form of a session id. Anything else is refused before the store is asked. */
export function isSessionId(value: unknown): value is string {
  return typeof value === 'string' && idPattern.test(value);
}

/** The SHA-256 of a text in base64url: what the store knows of a session id, and of a user id. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
