import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { expect, it, onTestFinished } from 'vitest';
import { DocumentDeduplicator } from './deduplication/world.js';

const member = fileURLToPath(new URL('deduplication/member.ts', import.meta.url));

interface Line {
  readonly id: string;
  readonly topic: string;
  readonly isDuplicate: boolean;
  readonly duplicateOf: string | null;
}

async function runMember(path: string, name: string): Promise<Line[]> {
  const args = ['--conditions=@norikv/source', '--import', 'tsx', member, path, name];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = (await text(child.stdout)).split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Line);
}

it('admits one copy of each text, from four processes over one folder', async () => {
  const path = mkdtempSync(join(tmpdir(), 'norikv-deduplication-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  const said = (await Promise.all(['k', 'l', 'm', 'n'].map((name) => runMember(path, name)))).flat();
  expect(said).toHaveLength(48);
  for (const topic of ['a', 'b', 'c', 'd']) {
    const copies = said.filter((line) => line.topic === topic);
    const admitted = copies.filter(({ isDuplicate }) => !isDuplicate).map(({ id }) => id);
    expect(admitted).toHaveLength(1);
    expect(new Set(copies.map(({ duplicateOf }) => duplicateOf))).toEqual(new Set([null, admitted[0]]));
  }
  await using store = await openEmbedded({ path });
  expect(await new DocumentDeduplicator(store).verify()).toMatchObject({ checked: 4, isClean: true });
});
