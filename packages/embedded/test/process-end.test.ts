import { readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { newFolder, newPath } from './support/folders.js';
import { startProgram } from './support/programs.js';

describe('a process ends by itself', () => {
  for (const close of ['close', 'no close']) {
    test.each([
      ['a folder', (): object => ({ path: newPath() })],
      ['no folder', (): object => ({})],
    ])(`with ${close}, %s`, async (_, options) => {
      const program = startProgram('leave', [JSON.stringify(options()), close]);
      expect(await program.rest()).toEqual(['left']);
      expect(await program.exited, program.errors()).toBe(0);
    });
  }
});

describe('a process that ends in the middle of writing', () => {
  test.each([
    ['exit', 3],
    ['throw', 1],
  ])('by %s, does not hang and has the right code', async (how, code) => {
    for (const options of [{ path: newPath() }, { path: newPath() }, { path: newPath() }, {}]) {
      const program = startProgram('exit-while-writing', [JSON.stringify(options), how]);
      expect(await program.exited).toBe(code);
    }
  });
});

test.skipIf(process.platform === 'win32')(
  'an ephemeral store leaves nothing behind, also when killed',
  async () => {
    const temporary = newFolder();
    const program = startProgram('hold', ['{}'], `export TMPDIR='${temporary}'`);
    expect(await program.line(), program.errors()).toBe('open');
    program.kill();
    await program.exited;
    expect(readdirSync(temporary).filter((name) => name.startsWith('norikv-'))).toEqual([]);
  },
);
