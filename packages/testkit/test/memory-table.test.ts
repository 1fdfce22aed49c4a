import { expect, it } from 'vitest';
import { MemoryTable } from '../src/memory-table.js';

it('the records of a memory store do not pile up when they have expired and nobody asks for them', () => {
  let nowMs = 0;
  const table = new MemoryTable({
    monotonic: () => nowMs,
    idempotencyRetentionMs: 1,
    mismatchCarriesEntry: true,
  });
  const put = (key: string, ttlMs: number | undefined): void => {
    const keyBytes = Buffer.from(key);
    const write = { key, keyBytes, value: keyBytes, condition: { kind: 'always' } as const, ttlMs };
    table.put({ ...write, idempotencyKey: undefined });
  };
  for (let number = 0; number < 100; number += 1) put(`lives ${number}`, undefined);
  for (let number = 0; number < 10_000; number += 1) {
    put(`ends ${number}`, 10);
    nowMs += 1;
  }
  expect(table.size).toBeLessThan(300);
  for (let number = 0; number < 100; number += 1) {
    expect(table.find(Buffer.from(`lives ${number}`))).not.toBeNull();
  }
});
