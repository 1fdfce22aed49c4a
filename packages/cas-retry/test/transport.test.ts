import { describe, expect, it } from 'vitest';
import { createTransport } from '../src/transport.js';

describe('the health of a store', () => {
  it('is an average of round trips that follows what they take now', () => {
    const transport = createTransport();
    expect(transport.roundTripMs).toBe(1);
    transport.answered(8);
    expect(transport.roundTripMs).toBe(8);
    transport.answered(16);
    expect(transport.roundTripMs).toBe(9);
    for (let answer = 0; answer < 100; answer += 1) transport.answered(2);
    expect(transport.roundTripMs).toBeCloseTo(2, 3);
  });

  it('is not that of one answer which took far longer, as in a process that stood still, but follows many', () => {
    for (const [usualMs, mostMs] of [
      [0.1, 1.2],
      [2, 4],
      [8, 16],
    ] as const) {
      const transport = createTransport();
      for (let answer = 0; answer < 100; answer += 1) transport.answered(usualMs);
      transport.answered(3_600_000);
      expect(transport.roundTripMs).toBeGreaterThan(usualMs);
      expect(transport.roundTripMs).toBeLessThan(mostMs);
    }
    const transport = createTransport();
    transport.answered(3_600_000);
    expect(transport.roundTripMs).toBe(8);
    for (let answer = 0; answer < 60; answer += 1) transport.answered(400);
    expect(transport.roundTripMs).toBeCloseTo(400, 0);
  });

  it('allows 100 repetitions, or 50 after timeouts, and one more for five or ten answers', () => {
    for (const [afterTimeout, repetitions] of [
      [false, 100],
      [true, 50],
    ] as const) {
      const transport = createTransport();
      const afford = (): boolean => transport.affordRetry(afterTimeout);
      for (let repetition = 0; repetition < repetitions; repetition += 1) expect(afford()).toBe(true);
      expect(afford()).toBe(false);
      for (let answer = 1; answer < 500 / repetitions; answer += 1) transport.answered(1);
      expect(afford()).toBe(false);
      transport.answered(1);
      expect(afford()).toBe(true);
      expect(afford()).toBe(false);
    }
  });

  it('is no better for answers beyond the full budget', () => {
    const transport = createTransport();
    for (let answer = 0; answer < 1_000; answer += 1) transport.answered(1);
    for (let repetition = 0; repetition < 100; repetition += 1) transport.affordRetry(false);
    expect(transport.affordRetry(false)).toBe(false);
  });
});
