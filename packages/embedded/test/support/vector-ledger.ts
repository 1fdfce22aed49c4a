/** What a writing process reports, a line of JSON each: before it sends a write, and when it is acknowledged. */
export interface VectorReport {
  readonly kind: 'sent' | 'acknowledged';
  readonly id: string;
  /** Grows by one with each write of the id. */
  readonly number: number;
}

export const killedNamespace = 'until-killed';
export const killedDimensions = 64;

/** Whether the write with this number is a delete; every other one is an insert. */
export function isDelete(number: number): boolean {
  return number % 5 === 0;
}

/** A vector that tells whose it is: the number of its write, and numbers that follow from both. */
export function vectorOfWrite(id: string, number: number): number[] {
  let seed = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 65_521, number);
  return Array.from({ length: killedDimensions }, (_, place) => {
    seed = (seed * 75 + 74) % 65_537;
    return place === 0 ? number : seed;
  });
}
