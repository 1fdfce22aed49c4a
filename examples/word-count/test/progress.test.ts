import { FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { type ProgressOutput, showProgress } from '../src/progress.js';

function outputOf(terminal: Partial<ProgressOutput>): { output: ProgressOutput; writes: string[] } {
  const writes: string[] = [];
  const write = (text: string | Uint8Array): boolean => writes.push(String(text)) > 0;
  return { output: { write, ...terminal }, writes };
}

describe('progress', () => {
  it('is a line each ten per cent where there is no terminal', () => {
    const { output, writes } = outputOf({});
    const progress = showProgress(2_000, output, new FakeClock());
    for (let done = 0; done <= 2_000; done += 10) progress.update(done);
    progress.note('note');
    progress.end();
    expect(writes).toHaveLength(11);
    expect(writes[0]).toMatch(/^10 %: 200 of 2,000 words, [\d,]+ a second\n$/);
    expect(writes[9]).toMatch(/^100 %: 2,000 of 2,000 words/);
    expect(writes[10]).toBe('note\n');
  });

  it('skips the lines it jumped over', () => {
    const { output, writes } = outputOf({});
    const progress = showProgress(100, output, new FakeClock());
    for (const done of [35, 39, 40]) progress.update(done);
    expect(writes.map((line) => line.slice(0, 4))).toEqual(['35 %', '40 %']);
  });

  it.each([20, 30, 60, 80, 200])('is one line of a terminal %i columns wide', async (columns) => {
    const { output, writes } = outputOf({ isTTY: true, columns });
    const clock = new FakeClock();
    const progress = showProgress(1_813_085, output, clock);
    for (let done = 0; done <= 1_813_085; done += 181_308) {
      progress.update(done);
      await clock.advance(1_000);
    }
    expect(writes.length).toBeGreaterThan(10);
    for (const text of writes) {
      expect(text.startsWith('\r')).toBe(true);
      expect(text.endsWith('\x1b[K')).toBe(true);
      expect(text.slice(1, -3)).toMatch(/^[^\r\n]*$/);
      expect(text.length - '\r\x1b[K'.length).toBeLessThan(columns);
    }
  });

  it('is drawn ten times a second at most, and always at the end', async () => {
    const { output, writes } = outputOf({ isTTY: true, columns: 80 });
    const clock = new FakeClock();
    const progress = showProgress(1_000, output, clock);
    for (let done = 0; done < 1_000; done += 1) progress.update(done);
    expect(writes).toHaveLength(1);
    await clock.advance(100);
    progress.update(999);
    progress.update(1_000);
    expect(writes).toHaveLength(3);
    expect(writes[2]).toContain('1,000 of 1,000 words, 10,000 a second');
  });

  it('makes way for a note, and is gone at the end', () => {
    const { output, writes } = outputOf({ isTTY: true, columns: 80 });
    const progress = showProgress(10, output, new FakeClock());
    progress.update(5);
    progress.note('note');
    progress.end();
    progress.note('later');
    expect(writes[1]?.startsWith('\r\x1b[Knote\n')).toBe(true);
    expect(writes[1]).toMatch(/\n█+░+ {3}50 % /);
    expect(writes.slice(2)).toEqual(['\r\x1b[K', '\r\x1b[Klater\n']);
  });
});
