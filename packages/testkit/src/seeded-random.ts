/**
 * Random numbers in [0, 1) that are the same for the same seed, in place of `Math.random`.
 *
 * The generator is sfc32 (128 bits of state). It is good enough for simulations and not for secrets.
 */
export function seededRandom(seed: number): () => number {
  let a = mix(seed + (seed % 1) * 2 ** 32); // A seed below 1, as of Math.random, is not seed 0.
  let b = mix(a ^ 0x9e3779b9);
  let c = mix(b ^ 0x85ebca6b);
  let counter = 1;
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp++) next();
  return next;
}

function mix(input: number): number {
  let state = (input + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
  state = Math.imul(state ^ (state >>> 15), 0x735a2d97);
  return state ^ (state >>> 15);
}
