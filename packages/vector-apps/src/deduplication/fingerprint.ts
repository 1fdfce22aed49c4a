import { contentHash } from '../core/content-hash.js';
import { nextTurn } from '../core/next-turn.js';
import { type GuardedFacts, guardedFactsOf } from './guard.js';
import { signatureOf } from './min-hash.js';
import { normalise, numbersOf, wordsOf } from './normalise.js';

/** What is kept of a text to compare it with others: plain data, fit for JSON. */
export interface Fingerprint {
  /** SHA-256 of the normalised text. */
  readonly hash: string;
  /** How many different words. */
  readonly wordCount: number;
  /** The MinHash signature in base64; null if the text has too few words, or the stage is off. */
  readonly signature: string | null;
  readonly facts: GuardedFacts;
  /** The embedding in base64; null without a model, or while {@link unembedded} waits for it. */
  readonly vector: string | null;
  /** The text, while its embedding is outstanding because the embedder was down. */
  readonly unembedded: string | null;
}

/** Each look at all of a longer one takes milliseconds, and others have their turn in between. */
const longText = 32_768;

/** Takes the fingerprint of a text, without its embedding. `minWords` is null if near copies are not sought. */
export async function fingerprintOf(text: string, minWords: number | null): Promise<Fingerprint> {
  const rest = text.length > longText ? nextTurn : async (): Promise<void> => {};
  const normalised = normalise(text);
  await rest();
  const words = wordsOf(normalised);
  await rest();
  const numbers = numbersOf(normalised);
  await rest();
  const distinct = new Set(words);
  const hasSignature = minWords !== null && distinct.size >= minWords;
  return {
    hash: contentHash(normalised),
    wordCount: distinct.size,
    signature: hasSignature ? toBase64(await signatureOf(distinct)) : null,
    facts: guardedFactsOf(words, numbers),
    vector: null,
    unembedded: null,
  };
}

/** Adds an embedding. */
export function withVector(fingerprint: Fingerprint, vector: Float32Array): Fingerprint {
  return { ...fingerprint, vector: toBase64(vector), unembedded: null };
}

/** Without what only a comparison needs. */
export function bare(fingerprint: Fingerprint): Fingerprint {
  return { ...fingerprint, vector: fingerprint.vector && '', unembedded: null };
}

/** The signature of a fingerprint. */
export function decodeSignature(base64: string): Uint32Array {
  return new Uint32Array(bytesOf(base64));
}

/** The embedding of a fingerprint. */
export function decodeVector(base64: string): Float32Array {
  return new Float32Array(bytesOf(base64));
}

function toBase64({ buffer, byteOffset, byteLength }: Uint32Array | Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64');
}

/** A copy, because views of more than bytes must be aligned. */
function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(Buffer.from(base64, 'base64')).buffer;
}
