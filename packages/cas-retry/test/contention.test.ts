import { describe, expect, it } from 'vitest';
import { createContention } from '../src/contention.js';
import { createTransport } from '../src/transport.js';

const longest = (): number => 1;

/** How many wins in a row bring no pause. */
function winsWithoutPause(contention: ReturnType<typeof createContention>): number {
  let wins = 0;
  while (contention.won(longest) === 0) wins += 1;
  return wins;
}

describe('who loses a race', () => {
  it('waits up to twice as long each time, and no longer than the cap', () => {
    const contention = createContention();
    const waits = Array.from({ length: 5 }, () => contention.backoff(longest, 8));
    expect(waits).toEqual([1, 2, 4, 8, 8]);
    expect(contention.backoff(() => 0.25, 8)).toBe(2);
  });

  it('waits less again after each race that it wins', () => {
    const contention = createContention();
    for (let race = 0; race < 20; race += 1) contention.backoff(longest, 8);
    for (let race = 0; race < 9; race += 1) contention.won(longest);
    expect(contention.backoff(longest, 8)).toBe(2);
    for (let race = 0; race < 20; race += 1) contention.won(longest);
    expect(contention.backoff(longest, 8)).toBe(1);
  });
});

describe('who wins a race', () => {
  it('pauses for up to two round trips while others compete, until they have been away for a while', () => {
    const contention = createContention();
    for (let race = 0; race < 8; race += 1) contention.noticed();
    expect(contention.won(longest)).toBe(2);
    expect(contention.won(() => 0.25)).toBe(0.5);
    let pauses = 2;
    while (contention.won(longest) > 0) pauses += 1;
    expect(pauses).toBeGreaterThan(30);
    expect(pauses).toBeLessThan(50);
  });

  it('pauses longer the more races it has lost', () => {
    const [once, often] = [createContention(), createContention()];
    once.noticed();
    for (let race = 0; race < 30; race += 1) often.noticed();
    for (let race = 0; race < 20; race += 1) for (const each of [once, often]) each.won(longest);
    expect([once.won(longest), often.won(longest)]).toEqual([0, 2]);
  });

  it('pauses now and then to find out who it keeps out, more and more rarely', () => {
    const contention = createContention();
    expect(Array.from({ length: 5 }, () => winsWithoutPause(contention))).toEqual([7, 15, 31, 63, 63]);
  });

  it('does so often again once another one was first', () => {
    const contention = createContention();
    for (let probe = 0; probe < 4; probe += 1) winsWithoutPause(contention);
    contention.won(longest);
    contention.noticed();
    while (contention.won(longest) > 0) {} // As long as that is in mind.
    const rest = winsWithoutPause(contention);
    expect(rest).toBeLessThan(16);
  });
});

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
