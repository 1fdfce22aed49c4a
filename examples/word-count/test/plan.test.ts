import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadAddresses, planChunks } from '../src/plan.js';

describe('the plan', () => {
  it('holds every address once, in order, in at most 16 chunks, none of them empty', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 60 }), (addresses) => {
        const { chunks } = planChunks(addresses);
        expect(chunks.flat()).toEqual(addresses);
        expect(chunks.length).toBeLessThanOrEqual(16);
        expect(chunks.every((chunk) => chunk.length > 0)).toBe(true);
      }),
    );
  });

  it('is the same for the same text and another for another', () => {
    const addresses = loadAddresses(20);
    expect(planChunks(addresses)).toEqual(planChunks(loadAddresses(20)));
    expect(planChunks(loadAddresses(19)).id).not.toBe(planChunks(addresses).id);
    expect(planChunks([...addresses.slice(1), `${addresses[0]} `]).id).not.toBe(planChunks(addresses).id);
  });

  it('cuts all 233 addresses into 16 chunks of about the same length', () => {
    const addresses = loadAddresses(233);
    expect(addresses).toHaveLength(233);
    const lengths = planChunks(addresses).chunks.map((chunk) => chunk.join('').length);
    expect(lengths).toHaveLength(16);
    expect(Math.max(...lengths)).toBeLessThan(2 * Math.min(...lengths));
  });
});
