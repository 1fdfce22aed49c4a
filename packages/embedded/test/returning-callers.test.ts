import { describe, expect, test } from 'vitest';
import { ReturningCallers } from '../src/returning-callers.js';

const turnMs = 0.02;

interface Load {
  readonly callers: number;
  readonly commitMs: number;
  /** From an answer to the next call of the same caller. */
  readonly awayMs: (caller: number) => number;
  readonly commits: number;
}

interface Outcome {
  readonly perCommit: number;
  readonly waitedMs: number;
  readonly tookMs: number;
}

/** Callers in a closed loop around a queue that commits all who are there, one transaction after the other. */
async function simulate({ callers, commitMs, awayMs, commits }: Load): Promise<Outcome> {
  let nowMs = 0;
  let waitedMs = 0;
  let answered = 0;
  const returnsAt = new Map(Array.from({ length: callers }, (_, caller) => [caller, caller * turnMs]));
  const present = (): number[] =>
    [...returnsAt].filter(([, atMs]) => atMs <= nowMs).map(([caller]) => caller);
  const returning = new ReturningCallers(
    () => nowMs,
    async () => {
      nowMs += turnMs;
    },
  );
  for (let commit = 0; commit < commits; commit += 1) {
    nowMs = Math.max(nowMs, Math.min(...returnsAt.values())) + turnMs;
    const beganAtMs = nowMs;
    await returning.gather(() => present().length);
    waitedMs += nowMs - beganAtMs;
    const batch = present();
    nowMs += commitMs;
    const arrived = present().length - batch.length;
    for (const caller of batch) returnsAt.set(caller, nowMs + awayMs(caller));
    answered += batch.length;
    returning.answered(batch.length + arrived, commitMs);
  }
  return { perCommit: answered / commits, waitedMs, tookMs: nowMs };
}

describe('callers that return a round trip after their answers', () => {
  test('share one transaction instead of taking turns', async () => {
    const awayMs = (caller: number): number => 0.2 + (caller % 4) / 10;
    const { perCommit } = await simulate({ callers: 16, commitMs: 2, awayMs, commits: 200 });
    expect(perCommit).toBeGreaterThan(15);
  });

  test('do so although some stay away', async () => {
    const awayMs = (caller: number): number => (caller < 4 ? 50 : 0.2 + (caller % 4) / 10);
    const { perCommit } = await simulate({ callers: 16, commitMs: 2, awayMs, commits: 500 });
    expect(perCommit).toBeGreaterThan(11);
  });

  test('are not waited for if they take longer than they save', async () => {
    const awayMs = (): number => 1.5;
    const { waitedMs, tookMs } = await simulate({ callers: 4, commitMs: 2, awayMs, commits: 2_000 });
    expect(waitedMs / tookMs).toBeLessThan(0.02);
  });

  test('are not waited for where a transaction is quicker than their way', async () => {
    const awayMs = (): number => 0.4;
    const { waitedMs, tookMs } = await simulate({ callers: 16, commitMs: 0.1, awayMs, commits: 2_000 });
    expect(waitedMs / tookMs).toBeLessThan(0.02);
  });

  test('are waited for again when their way has become short', async () => {
    let roundTripMs = 1.5;
    let returns = 0;
    const awayMs = (): number => {
      returns += 1;
      if (returns > 8_000) roundTripMs = 0.3;
      return roundTripMs;
    };
    const { perCommit } = await simulate({ callers: 16, commitMs: 2, awayMs, commits: 4_000 });
    expect(perCommit).toBeGreaterThan(12);
  });
});

test('one caller alone waits for nobody', async () => {
  const { waitedMs } = await simulate({ callers: 1, commitMs: 2, awayMs: () => 0.3, commits: 100 });
  expect(waitedMs).toBe(0);
});
