import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { loadPassages } from '../src/passages.js';
import { showProgress } from '../src/progress.js';

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const data = mkdtempSync(join(tmpdir(), 'norikv-example-search-'));
afterAll(() => rmSync(data, { recursive: true, force: true, maxRetries: 5 }));

interface Run {
  readonly code: number | string | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: string[]): Promise<Run> {
  return new Promise((resolve) => {
    const node = ['--conditions=@norikv/source', '--import', 'tsx', main, ...args];
    execFile(process.execPath, node, (error, stdout, stderr) => {
      resolve({ code: error ? (error.code ?? null) : 0, stdout, stderr });
    });
  });
}

describe('the search example', () => {
  const subset = ['--addresses', '2', '--passages', '16', '--data', data];

  it('indexes with progress, answers, and does not embed again', async () => {
    const question = 'Did Congress do good work?';
    const first = await run(question, ...subset, '--explain', '--top', '2');
    expect(first.code, first.stderr).toBe(0);
    expect(first.stderr).toContain('100 %: 16 of 16 passages');
    expect(first.stderr).toContain('16 passages embedded, 0 were there');
    expect(first.stdout).toMatch(/^1\. \d\.\d\d {2}1906, Theodore Roosevelt\n/);
    expect(first.stdout).toContain('**Congress**');
    expect(first.stdout).toMatch(/\[by meaning place \d+, cosine 0\.\d\d, \+0\.\d\d; by words place \d+/);

    const second = await run(question, ...subset, '--explain', '--top', '2');
    expect(second.stderr).toContain('0 passages embedded, 16 were there');
    expect(second.stdout).toBe(first.stdout);

    const none = await run(question, ...subset, '--from', '1990');
    expect(none.stdout).toBe('Nothing was said about that in those years.\n');
  });

  it('says what it can do, and what is wrong with a command', async () => {
    const help = await run('--help');
    expect([help.code, help.stdout]).toEqual([0, expect.stringContaining('Usage: npm start -- search')]);
    for (const [args, message] of [
      [[], 'There is no question'],
      [['x', '--top', '0'], '--top is "0"; use a whole number from 1 to 50'],
      [['x', '--data', ''], '--data is empty'],
      [['x', '--unknown'], '--unknown'],
    ] as const) {
      const { code, stderr } = await run(...args);
      expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
    }
  });
});

describe('passages', () => {
  it('cover whole addresses, the latest among them, in pieces the model can read', () => {
    const passages = loadPassages(3);
    const years = new Set(passages.map(({ metadata }) => metadata?.year));
    expect(years.size).toBe(3);
    expect(years.has(2021)).toBe(true);
    expect(new Set(passages.map(({ id }) => id)).size).toBe(passages.length);
    expect(passages.every(({ content }) => content !== '')).toBe(true);
  });
});

describe('progress', () => {
  it('is a bar on a terminal and a few lines elsewhere', () => {
    for (const isTTY of [true, false]) {
      const written: string[] = [];
      let now = 0;
      const output = { write: (text: string) => written.push(text) > 0, isTTY, columns: 100 };
      const show = showProgress(100, output, () => now);
      for (let done = 1; done <= 100; done += 1) {
        now += 50;
        show(done, done);
      }
      if (isTTY) expect(written.at(-2)).toContain('█'.repeat(30));
      else expect(written).toHaveLength(5);
      expect(written.join('')).toContain('20 embedded a second, about');
    }
  });
});
