import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { openEmbedded } from '@norikv/embedded';
import { describe, expect, it, onTestFinished } from 'vitest';
import { InventoryManager } from '../src/index.js';
import type { BuyersReport } from './programs/buyers.js';

const program = fileURLToPath(new URL('./programs/buyers.ts', import.meta.url));

/** Starts a process of buyers. `go` sends them shopping and resolves to what they got. */
async function startBuyers(
  path: string,
  buyers: number,
  returnEvery: number,
): Promise<{ go(): Promise<BuyersReport> }> {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
  const args = [...flags, program, path, String(buyers), String(returnEvery)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  await new Promise((resolve, reject) => {
    child.stdout.once('readable', resolve);
    child.once('close', () => reject(new Error('A process of buyers ended before it began')));
  });
  return {
    async go() {
      child.stdin.end();
      const lines = (await text(child.stdout)).trim().split('\n');
      return JSON.parse(lines.at(-1) ?? '');
    },
  };
}

describe.each([
  { buckets: 1, returnEvery: Number.NaN },
  { buckets: 8, returnEvery: Number.NaN },
  { buckets: 1, returnEvery: 5 },
  { buckets: 8, returnEvery: 5 },
])('31: four real processes of 25 buyers, 50 units (%o)', ({ buckets, returnEvery }) => {
  it('sell what there is, and the books are what the buyers were told', async () => {
    const path = mkdtempSync(join(tmpdir(), 'norikv-inventory-'));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    await using store = await openEmbedded({ path, durability: 'os' });
    const inventory = new InventoryManager(store);
    await inventory.createItem('hot', 50);
    if (buckets > 1) await inventory.split('hot', buckets);
    const processes = await Promise.all(Array.from({ length: 4 }, () => startBuyers(path, 25, returnEvery)));
    const reports = await Promise.all(processes.map(({ go }) => go()));
    const outcomes = reports.flatMap((report) => report.outcomes);

    const count = (outcome: string): number => outcomes.filter((each) => each === outcome).length;
    const reserved = count('sold') + count('released');
    expect(reserved + count('INSUFFICIENT_STOCK')).toBe(100);
    if (returnEvery > 0) expect(reserved).toBeGreaterThanOrEqual(50);
    else expect(reserved).toBe(50);
    if (buckets === 1) {
      expect(reports.reduce((sum, { callsToReserve }) => sum + callsToReserve, 0)).toBeLessThanOrEqual(60);
    }
    expect(await inventory.get('hot')).toMatchObject({ onHand: 50 - count('sold'), reserved: 0 });
  });
});
