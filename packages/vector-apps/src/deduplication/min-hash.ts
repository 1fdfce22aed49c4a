import { createHash } from 'node:crypto';
import { nextTurn } from '../core/next-turn.js';
import { textHash } from '../core/text-hash.js';

/** How long a signature is. */
const permutations = 128;

const bandCount = 32;
const rowsPerBand = permutations / bandCount;
const seeds = Uint32Array.from({ length: permutations }, (_, place) => mix(place + 1));

/** Some milliseconds of work. */
const wordsPerTurn = 1_000;

/**
 * The MinHash signature of a set of words: of two sets, each place is equal with the probability of their
 * Jaccard similarity. It lets the event loop turn.
 */
export async function signatureOf(words: Iterable<string>): Promise<Uint32Array> {
  const least = new Uint32Array(permutations).fill(0xffffffff);
  let done = 0;
  for (const word of words) {
    const hash = mix(textHash(word));
    for (const [place, seed] of seeds.entries()) {
      least[place] = Math.min(least[place] ?? 0, mix(hash ^ seed));
    }
    done += 1;
    if (done % wordsPerTurn === 0) await nextTurn();
  }
  return least;
}

/** The estimated Jaccard similarity of the sets behind two signatures, 0 to 1. */
export function jaccard(left: Uint32Array, right: Uint32Array): number {
  let equal = 0;
  for (let place = 0; place < permutations; place += 1) {
    if (left[place] === right[place]) equal += 1;
  }
  return equal / permutations;
}

/**
 * Names the bands of a signature. Sets of a Jaccard similarity of 0.5 share one with a probability of 0.87, of
 * 0.6 with 0.99, of 0.2 with 0.05.
 */
export function bandsOf(signature: Uint32Array): string[] {
  return Array.from({ length: bandCount }, (_, band) => {
    const rows = signature.slice(band * rowsPerBand, (band + 1) * rowsPerBand);
    const hash = createHash('sha256').update(rows.join()).digest('base64url').slice(0, 16);
    return `${band}/${hash}`;
  });
}

/** The finaliser of MurmurHash3: every bit of the input changes every bit of the output. */
function mix(input: number): number {
  let hash = input >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
