import { describe, expect, it } from 'vitest';
import { createContention } from '../src/contention.js';

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
