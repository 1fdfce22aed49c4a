import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { run } from '../scripts/process.mjs';
import { chooseExample } from '../scripts/start.mjs';
import { countLines, countTests } from '../scripts/test.mjs';
import { root } from './workspace.js';

const file = (status: string, ...tests: string[]): unknown => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
});
const report = (...files: unknown[]): unknown => ({ testResults: files });

describe('the count of npm test', () => {
  it.each([
    [
      'all is well',
      report(file('passed', 'passed', 'passed'), file('passed', 'passed')),
      0,
      '3 passed, 0 failed',
    ],
    [
      'tests were left out',
      report(file('passed', 'passed', 'skipped', 'todo')),
      0,
      '2 skipped\n1 passed, 0 failed',
    ],
    ['a test failed', report(file('failed', 'passed', 'failed')), 1, '1 passed, 1 failed'],
    ['a file could not be loaded', report(file('passed', 'passed'), file('failed')), 1, '1 passed, 1 failed'],
    [
      'a test failed and a file could not be loaded',
      report(file('failed', 'failed'), file('failed')),
      1,
      '0 passed, 2 failed',
    ],
    ['a hook failed', report(file('failed', 'passed')), 1, '1 passed, 1 failed'],
    ['only vitest failed', report(file('passed', 'passed')), 1, '1 passed, 1 failed'],
    ['every test was left out', report(file('passed', 'skipped')), 0, '1 skipped\n0 passed, 1 failed'],
    ['there is no test', report(), 0, '0 passed, 1 failed'],
    ['the build failed', undefined, 2, '0 passed, 1 failed'],
  ])('is right when %s', (_case, vitestReport, exitCode, line) => {
    expect(countLines(countTests(vitestReport, exitCode))).toBe(line);
  });
});

describe('the example of npm start', () => {
  const examples = ['search', 'word-count'];

  it.each([
    [[], 'word-count', []],
    [['--help'], 'word-count', ['--help']],
    [['book.txt', 'search'], 'word-count', ['book.txt', 'search']],
    [['search', 'a question', '--top', '3'], 'search', ['a question', '--top', '3']],
  ])('for %j is %s', (args, example, rest) => {
    expect(chooseExample(args, examples)).toEqual({ example, args: rest });
  });
});

describe('run', () => {
  it('hands back the exit code', async () => {
    expect(await run(process.execPath, ['-e', 'process.exit(7)'])).toBe(7);
  });

  it('fails when there is no such command', async () => {
    await expect(run('no-such-command-here', [])).rejects.toThrow('ENOENT');
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'hands %s on, and ends the way the command did',
    { timeout: 120_000 },
    (signal) => {
      const command = `process.on('${signal}', () => { console.log('told'); process.exit(9); }); process.kill(process.ppid, '${signal}'); setTimeout(() => {}, 60_000);`;
      expect(inScript(command)).toMatchObject({ stdout: 'told\nexit 9\n', signal: null });
      expect(inScript(`process.kill(process.pid, '${signal}'); setTimeout(() => {}, 60_000);`)).toMatchObject(
        {
          stdout: '',
          signal,
        },
      );
    },
  );

  it('shows the output of a quiet command only if it fails', { timeout: 120_000 }, () => {
    expect(inScript("console.log('noise')", '{ quiet: true }')).toMatchObject({
      stdout: 'exit 0\n',
      stderr: '',
    });
    expect(inScript("console.log('reason'); process.exit(1)", '{ quiet: true }')).toMatchObject({
      stdout: 'exit 1\n',
      stderr: 'reason\n',
    });
  });

  function inScript(command: string, options = '{}') {
    const script = `
      import { run } from './scripts/process.mjs';
      console.log('exit', await run(process.execPath, ['-e', ${JSON.stringify(command)}], ${options}));`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: root,
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
  }
});

describe('the pinned pnpm', () => {
  it('is the same for the first install and for every later command', () => {
    const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(manifest.packageManager).toBe(`pnpm@${manifest.devDependencies.pnpm}`);
  });
});
