import { createInterface } from 'node:readline';
import { find, type Version } from '@norikv/store';
import { openEmbedded } from '../../src/index.js';
import { type Report, valueOfWrite, type Write } from '../support/kill-ledger.js';
import { reportLine } from '../support/report-line.js';

// Waits for "<path> <round>", then writes until it is killed: counters by compare-and-swap, new keys by
// create, and keys with idempotency keys.

function report(line: Report): void {
  reportLine(line);
}

function text({ term, index }: Version): string {
  return `${term}/${index}`;
}

for await (const line of createInterface(process.stdin)) {
  const [path = '', round = ''] = line.split(' ');
  const store = await openEmbedded({ path, sweepIntervalMs: 5 });

  const write = async (order: Write, send: () => Promise<Version>): Promise<void> => {
    report({ kind: 'sent', write: order });
    report({ kind: 'acknowledged', write: order, version: text(await send()) });
  };

  const count = async (key: string): Promise<void> => {
    for (;;) {
      const entry = await find(store, key);
      const number = entry ? Number(Buffer.from(entry.value).toString().split(' ')[2]) + 1 : 1;
      const order = { key, number };
      const condition = entry ? { ifMatchVersion: entry.version } : { ifNotExists: true };
      await write(order, () => store.put(key, valueOfWrite(order), condition));
    }
  };

  const create = async (): Promise<void> => {
    for (let number = 1; ; number++) {
      const order = { key: `made-${round}-${number}`, number: 1 };
      await write(order, () => store.put(order.key, valueOfWrite(order), { ifNotExists: true }));
    }
  };

  const repeatable = async (key: string): Promise<void> => {
    for (let number = 1; ; number++) {
      const order = { key, number, idempotencyKey: `${round}-${number}` };
      await write(order, () => store.put(key, valueOfWrite(order), { idempotencyKey: order.idempotencyKey }));
    }
  };

  const expiring = async (): Promise<void> => {
    for (let number = 1; ; number++) await store.put(`short-${number % 50}`, 'gone soon', { ttlMs: 20 });
  };

  await Promise.all([
    count('counter-a'),
    count('counter-b'),
    count('counter-c'),
    create(),
    repeatable(`repeatable-${round}`),
    expiring(),
  ]);
}
