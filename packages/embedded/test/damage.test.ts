import { bytesToString } from '@norikv/store';
import { expect, test } from 'vitest';
import { DamagedStoreError, openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { changeRaw, flipBits } from './support/raw-store.js';

const headerBytes = 32;

// Every byte of the header, and one of the value.
for (let at = 0; at <= headerBytes; at++) {
  test(`a record with a flipped bit in byte ${at} is an error, never a value`, async () => {
    const path = newPath();
    const version = await storeWith(path, 'value');
    await flipBits(path, 'entries', at);
    const store = await openTestStore({ path });
    const key = 'key';
    await expect(store.get(key)).rejects.toThrow(DamagedStoreError);
    await expect(store.put(key, 'next', { ifMatchVersion: version })).rejects.toThrow(DamagedStoreError);
    await expect(store.put(key, 'next', { ifNotExists: true })).rejects.toThrow(DamagedStoreError);
    await expect(store.delete(key, { ifMatchVersion: version })).rejects.toMatchObject({
      code: 'DAMAGED_STORE',
      outcome: 'not-applied',
    });
    await store.put('other', 'is not affected');
    await store.put(key, 'replaced');
    expect(bytesToString((await store.get(key)).value)).toBe('replaced');
  });
}

test('a record under the key of another one is an error', async () => {
  const path = newPath();
  await storeWith(path, 'value');
  await changeRaw(path, 'entries', (entries) => {
    entries.put(Buffer.from('swapped'), Buffer.from(entries.getBinary(Buffer.from('key')) ?? []));
  });
  const store = await openTestStore({ path });
  await expect(store.get('swapped')).rejects.toThrow(DamagedStoreError);
});

test('a record cut short is an error, and a plain delete removes it', async () => {
  const path = newPath();
  await storeWith(path, '');
  await changeRaw(path, 'entries', (entries) => {
    entries.put(Buffer.from('key'), Buffer.alloc(headerBytes - 1));
  });
  const store = await openTestStore({ path });
  await expect(store.get('key')).rejects.toThrow(DamagedStoreError);
  expect(await store.delete('key')).toBe(true);
  expect(await store.find('key')).toBeNull();
});

test('a damaged answer is not taken for "never asked"', async () => {
  const path = newPath();
  const store = await openEmbedded({ path });
  await store.put('key', 'value', { idempotencyKey: 'id' });
  await store.close();
  await flipBits(path, 'idempotency', headerBytes - 1);
  const again = await openTestStore({ path });
  const refused = again.put('key', 'twice', { idempotencyKey: 'id' });
  await expect(refused).rejects.toMatchObject({
    code: 'DAMAGED_STORE',
    message: expect.stringContaining('use another idempotencyKey'),
    key: Uint8Array.from(Buffer.from('key')),
  });
  expect(bytesToString((await again.get('key')).value)).toBe('value');
});

test('a stray line of the expiry index is cleared away and removes nothing', async () => {
  const path = newPath();
  await storeWith(path, 'value');
  const line = Buffer.concat([Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 1]), Buffer.from('key')]);
  const unknownTable = Buffer.from([0, 0, 0, 0, 0, 0, 0, 1, 77, 65]);
  await changeRaw(path, 'expiries', (expiries) => {
    expiries.put(line, Buffer.alloc(0));
    expiries.put(unknownTable, Buffer.alloc(0));
  });
  const store = await openTestStore({ path, sweepIntervalMs: 1_000_000 });
  expect(await store.sweep()).toBe(0);
  expect(await store.stats()).toMatchObject({ keys: 1, expiring: 0 });
});

async function storeWith(path: string, value: string): Promise<{ term: bigint; index: bigint }> {
  const store = await openEmbedded({ path });
  const version = await store.put('key', value);
  await store.close();
  return version;
}
