import { readdirSync } from 'node:fs';
import { bytesToString } from '@norikv/store';
import { describe, expect, test } from 'vitest';
import { newFolder, newPath, openTestStore } from './support/folders.js';
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

test('a process that exits in the middle of its writes ends, and holds up nobody', async () => {
  const path = newPath();
  for (let round = 0; round < 6; round++) {
    const program = startProgram('exit-while-writing', [path]);
    expect([3, 'SIGKILL']).toContain(await program.exited);
  }
  const store = await openTestStore({ path });
  await store.put('still', 'works');
  expect(Number(bytesToString((await store.get('key-0')).value))).toBeGreaterThan(0);
});
