import { type Codec, jsonCodec } from '@norikv/cas-retry';
import { isJsonObject } from './json.js';
import { isTime } from './session-record.js';

/** A text under a key, or the tombstone of one that must not come back. */
export interface StoredText {
  /** Absent in a tombstone. */
  readonly value?: string | undefined;
  /** Wall-clock milliseconds; absent if it never expires. */
  readonly expiresAt?: number | undefined;
}

export const storedTextCodec: Codec<StoredText> = jsonCodec((parsed) => {
  if (isStoredText(parsed)) return parsed;
  throw new TypeError('This is no stored text');
});

/** The text, if it is there and has not expired. */
export function textOf(stored: StoredText | undefined, now: number): string | null {
  const { value = null, expiresAt = Number.POSITIVE_INFINITY } = stored ?? {};
  return now < expiresAt ? value : null;
}

function isStoredText(value: unknown): value is StoredText {
  if (!isJsonObject(value)) return false;
  const { value: text, expiresAt } = value;
  const isKnown = text !== undefined || expiresAt !== undefined;
  const isText = text === undefined || typeof text === 'string';
  return isKnown && isText && (expiresAt === undefined || isTime(expiresAt));
}

/** A reference to a session, as better-auth lists them for each user. */
export interface SessionReference {
  readonly token: string;
  readonly expiresAt: number;
}

/** The references in a text; none if it holds no list. */
export function referencesIn(text: string | null): readonly SessionReference[] {
  try {
    const parsed: unknown = JSON.parse(text ?? '[]');
    return Array.isArray(parsed) ? parsed.filter(isReference) : [];
  } catch {
    return [];
  }
}

function isReference(value: unknown): value is SessionReference {
  return isJsonObject(value) && typeof value.token === 'string' && typeof value.expiresAt === 'number';
}
