import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@norikv/store';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exampleOf } from '../../../test/run-example.js';
import { openSale, sku } from '../src/sale.js';

const runExample = exampleOf(import.meta.url);
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'norikv-flash-sale-test-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

describe('the flash sale', { timeout: 600_000 }, () => {
  it('ends with stock, sales and money equal, though payments fail and a process is killed', async () => {
    const ending = await runExample(['--stock', '150', '--customers', '60', '--data', folder]);
    expect(ending.stderr).toBe('');
    expect(ending.stdout).toMatch(/Checkout \d was killed after order-\d-\d+ was paid/);
    expect(ending.stdout).toContain('Another takes its place');
    const [, sold, left] =
      /equal: (\d+) units sold and paid for, (\d+) left, 0 reserved/.exec(ending.stdout) ?? [];
    expect(Number(sold) + Number(left)).toBe(150);
    expect(ending.exitCode).toBe(0);

    await using sale = await openSale(folder);
    expect(await sale.inventory.get(sku)).toMatchObject({ onHand: Number(left), reserved: 0 });
    const again = await runExample(['--data', folder]);
    expect(again.stderr).toContain('holds a sale already');
    expect(again.exitCode).toBe(2);
  });

  it('fails if a unit is lost', async () => {
    let theft: Promise<void> | undefined;
    const steal = async (): Promise<void> => {
      await using sale = await openSale(folder);
      await sale.inventory.adjust(sku, -1, { reason: 'stolen' });
    };
    const args = ['--stock', '1000', '--customers', '20', '--declined', '0', '--no-kill', '--data', folder];
    const ending = await runExample(args, {
      onStdout: (text) => {
        if (text.includes('units, ')) theft ??= steal();
      },
    });
    await theft;
    expect(ending.stderr).toMatch(/The books are wrong:\n\d+ units left the stock, but customers bought \d+/);
    expect(ending.exitCode).toBe(1);
  });

  it('stops on Ctrl-C', async () => {
    const ending = await runExample([], {
      onStdout: (text, example) => {
        if (text.includes('units, ')) example.kill('SIGINT');
      },
    });
    expect(ending.stderr).toContain('Interrupted.');
    expect(ending.exitCode).toBe(130);
  });

  it('explains its options', async () => {
    const help = await runExample(['--help']);
    expect(help.stdout).toContain('--customers N');
    expect(help.exitCode).toBe(0);
    const wrong = await runExample(['--stock', 'plenty']);
    expect(wrong.stderr).toContain('--stock is "plenty"');
    expect(wrong.exitCode).toBe(2);
    const unknown = await runExample(['--nonsense']);
    expect(unknown.exitCode).toBe(2);
  });
});

describe('the stock of the sale', () => {
  it('knows what was sold, however late the successor of a checkout asks', async () => {
    let laterMs = 0;
    await using sale = await openSale(folder, { ...systemClock, now: () => Date.now() + laterMs });
    await sale.inventory.createItem(sku, 5);
    await sale.inventory.commit(await sale.inventory.reserve(sku, 2, { id: 'order-1-1' }));
    laterMs = 600_000;
    await expect(sale.inventory.reserve(sku, 2, { id: 'order-1-1' })).rejects.toMatchObject({
      code: 'RESERVATION_RESOLVED',
      status: 'committed',
      sold: 2,
    });
    expect(await sale.inventory.getAvailable(sku)).toBe(3);
  });
});
