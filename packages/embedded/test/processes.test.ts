import { bytesToString } from '@norikv/store';
import { checkLinearizability, type HistoryOperation } from '@norikv/testkit';
import { describe, expect, test } from 'vitest';
import { newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';
import { fromLine } from './support/shared-time-history.js';

describe('several processes on one folder', () => {
  test('4 processes that add 1 by compare-and-swap lose nothing', async () => {
    const path = newPath();
    const programs = Array.from({ length: 4 }, () => startProgram('increment', [path, '100']));
    for (const program of programs) expect(await program.line(), program.errors()).toBe('ready');
    for (const program of programs) program.send('go');
    const losses = await Promise.all(programs.map((program) => program.line()));
    for (const program of programs) expect(await program.exited, program.errors()).toBe(0);
    const store = await openTestStore({ path });
    expect(bytesToString((await store.get('sum')).value)).toBe('400');
    expect(losses.some((lost) => Number(lost) > 0)).toBe(true);
  });

  test('a read sees what another process was told is written, also within one turn', async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    const reader = startProgram('read-in-one-turn', [path]);
    expect(await reader.line(), reader.errors()).toBe('absent');
    for (let round = 1; round < 20; round++) {
      await store.put('shared', `round ${round}`);
      reader.send('');
      expect(await reader.line()).toBe(`round ${round}`);
    }
    reader.send('');
    expect(await reader.exited).toBe(0);
  });

  test('500 random histories of 4 processes are linearizable', { timeout: 600_000 }, async () => {
    const path = newPath();
    const programs = Array.from({ length: 4 }, (_, name) => startProgram('race', [path, String(name)]));
    for (const program of programs) expect(await program.line(), program.errors()).toBe('ready');
    let overlaps = 0;
    for (let game = 0; game < 500; game++) {
      for (const [place, program] of programs.entries()) program.send(`key-${game} ${game * 4 + place}`);
      const lines = await Promise.all(programs.map((program) => program.line()));
      const history = lines.flatMap((line) => fromLine(line ?? '[]'));
      const verdict = checkLinearizability(history);
      expect(verdict.ok ? 'linearizable' : verdict.explanation, `game ${game}`).toBe('linearizable');
      expect(history.length).toBe(4 * 2 * 4);
      overlaps += overlapping(history) ? 1 : 0;
    }
    for (const program of programs) program.kill();
    // Histories that do not overlap between processes would prove nothing.
    expect(overlaps).toBeGreaterThan(100);
  });
});

/** Whether operations of two processes were under way at one time. */
function overlapping(history: readonly HistoryOperation[]): boolean {
  return history.some((one) =>
    history.some(
      (other) =>
        one.client[0] !== other.client[0] &&
        one.invokedAt < other.returnedAt &&
        other.invokedAt < one.returnedAt,
    ),
  );
}
