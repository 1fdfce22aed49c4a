import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Environment } from '../src/environment.js';
import { type Gate, openGate } from '../src/gate.js';
import { openEmbedded } from '../src/index.js';
import { admit } from '../src/openers.js';
import type { WriteTransaction } from '../src/write-transaction.js';
import { newPath } from './support/folders.js';
import { startProgram } from './support/programs.js';

// LMDB's table of those who have a store open, as it prints it.
const heading = '    pid     thread     txnid\n';
const everyone = { exclusive: false, durability: 'disk' } as const;

interface Table {
  /** The processes at the gate. */
  readonly seen: readonly number[];
  readonly lines: string[];
  /** What takes away the lines of the dead. */
  readonly check?: () => void;
  readonly isFull?: boolean;
}

function admitTo({ seen, lines, check, isFull }: Table): boolean {
  const own = `${process.pid} 7f50e000`;
  const root = {
    readerCheck: () => check?.(),
    readerList: () => (lines.length === 0 ? '(no readers)\n' : `${heading}${lines.join(' 1\n')} 1\n`),
    useReadTransaction() {
      if (isFull) throw new Error('MDB_READERS_FULL');
      lines.push(own);
      return { done: () => undefined };
    },
  };
  const gate: Gate = { ...openGate, others: () => new Set(seen) };
  const transaction = { read: () => undefined, put: () => undefined };
  return admit(
    transaction as unknown as WriteTransaction,
    { root } as unknown as Environment,
    gate,
    everyone,
  );
}

test('who is at the gate is somebody else who has the store open', () => {
  expect(admitTo({ seen: [], lines: [] })).toBe(true);
  expect(admitTo({ seen: [12], lines: ['12 7f50e000'] })).toBe(false);
});

test('who has died is nobody, also if he dies while he is looked for', () => {
  const lines = ['12 7f50e000'];
  let looks = 0;
  const check = (): void => {
    looks += 1;
    if (looks === 2) lines.length = 0;
  };
  expect(admitTo({ seen: [], lines, check })).toBe(true);
});

test('who lives and is not seen at the gate is in another process namespace: then nobody else is let in', () => {
  expect(() => admitTo({ seen: [12], lines: ['12 7f50e000', '13 7f50e000'] })).toThrow(
    expect.objectContaining({ code: 'STORE_IN_USE', message: expect.stringContaining('Process 13 ') }),
  );
});

test('who finds no place in the table is told so', () => {
  expect(() => admitTo({ seen: [], lines: [], isFull: true })).toThrow(
    expect.objectContaining({ code: 'STORE_IN_USE', retryable: true }),
  );
});

test('who was killed and holds his line a moment longer than his sign is waited for', async () => {
  const path = newPath();
  const holder = startProgram('hold', [JSON.stringify({ path })]);
  expect(await holder.line(), holder.errors()).toBe('open');
  const gate = join(path, 'norikv.mdb-gate');
  for (const sign of readdirSync(gate)) rmSync(join(gate, sign));
  const opening = openEmbedded({ path });
  let isOpen = false;
  void opening.then(
    () => {
      isOpen = true;
    },
    () => {},
  );
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(isOpen).toBe(false);
  holder.kill();
  await using store = await opening;
  expect(await store.find('key')).toBeNull();
});

const asOther = 'unshare --user --map-root-user --pid --fork --kill-child --mount-proc';
const hasNamespaces = spawnSync('sh', ['-c', `${asOther} true`]).status === 0;

test.skipIf(!hasNamespaces)('a process of another namespace that holds the store is noticed', async () => {
  const path = newPath();
  const holder = startProgram('hold', [JSON.stringify({ path })], `set -- ${asOther} "$@"`);
  expect(await holder.line(), holder.errors()).toBe('open');
  await expect(openEmbedded({ path })).rejects.toMatchObject({ code: 'STORE_IN_USE' });
  holder.send('close');
  expect(await holder.exited, holder.errors()).toBe(0);
  await (await openEmbedded({ path })).close();
});
