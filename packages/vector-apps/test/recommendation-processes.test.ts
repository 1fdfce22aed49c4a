import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { idsOf, openShop, stock, tasteOf } from './recommendation/shop.js';

const member = fileURLToPath(new URL('recommendation/member.ts', import.meta.url));

function start(path: string, name: string): ChildProcess {
  const args = ['--conditions=@norikv/source', '--import', 'tsx', member, path, name];
  return spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Ends with the exit code; null for a process that was killed. */
async function ended(child: ChildProcess): Promise<number | null> {
  child.stdout?.resume();
  const [code] = await once(child, 'exit');
  return code;
}

it('counts every event once, though one of three processes is killed and says all again', async () => {
  const path = mkdtempSync(join(tmpdir(), 'norikv-recommendation-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  {
    await using store = await openEmbedded({ path });
    await stock(await openShop(store));
  }
  const [killed, ...others] = ['k', 'l', 'm'].map((name) => start(path, name));
  const codes = Promise.all(others.map(ended));
  if (killed?.stdout) await Promise.race([once(killed.stdout, 'data'), once(killed, 'exit')]);
  killed?.kill('SIGKILL');
  expect(await codes).toEqual([0, 0]);
  expect(await ended(start(path, 'k'))).toBe(0);

  await using store = await openEmbedded({ path });
  const taste = await tasteOf(store, 'ann');
  expect(taste?.recent).toHaveLength(45);
  expect(taste?.seen).toHaveLength(6);
  const engine = await openShop(store);
  expect(idsOf(await engine.getSimilarProducts('boots', 2))).toEqual(['sandals', 'trainers']);
  await engine.trainItemVectors(
    ['u1', 'u2'].flatMap((userId) => ['boots', 'poems'].map((productId) => ({ userId, productId }))),
  );
  expect(idsOf(await engine.getSimilarProducts('boots', 1))).toEqual(['poems']);
  expect(await engine.verify()).toMatchObject({ checked: 6, isClean: true });
});
