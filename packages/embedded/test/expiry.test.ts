import { setTimeout as sleep } from 'node:timers/promises';
import { bytesToString, systemClock } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { describe, expect, test, vi } from 'vitest';
import { openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';
import { changeRaw, transactionsOf } from './support/raw-store.js';

const never = 1_000_000_000;

describe('expiry', () => {
  test('holds to the millisecond', async () => {
    const clock = new FakeClock();
    const store = await openTestStore({ path: newPath(), clock });
    await store.put('key', 'value', { ttlMs: 1_000 });
    await clock.advance(999);
    expect(bytesToString((await store.get('key')).value)).toBe('value');
    await clock.advance(1);
    expect(await store.find('key')).toBeNull();
  });

  test('goes on while the store is closed', async () => {
    const path = newPath();
    const clock = new FakeClock();
    const store = await openEmbedded({ path, clock });
    await store.put('short', 'value', { ttlMs: 1_000 });
    await store.put('long', 'value', { ttlMs: 2_000 });
    await store.close();
    const later = new FakeClock({ nowMs: clock.now() + 1_500 });
    const again = await openTestStore({ path, clock: later });
    expect(await again.find('short')).toBeNull();
    expect(await again.find('long')).not.toBeNull();
    await later.advance(500);
    expect(await again.find('long')).toBeNull();
  });

  test('does not go by the time of an earlier start of the machine, whoever opens the store first', async () => {
    const path = newPath();
    await (await openEmbedded({ path })).close();
    const yesterdayMs = Date.now() - 86_400_000 - Number(process.hrtime.bigint() / 1_000_000n);
    await changeRaw(path, 'norikv', (facts) => facts.put(Buffer.from('time'), Buffer.from(`${yesterdayMs}`)));
    const first = await openTestStore({ path, clock: { ...systemClock } });
    const second = await openTestStore({ path });
    await second.put('key', 'value', { ttlMs: 3_600_000 });
    expect(await first.find('key')).not.toBeNull();
  });

  test('is the same for all processes, though their wall clocks are not', async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    await store.put('key', 'value', { ttlMs: 3_600_000 });
    const other = startProgram('read-in-the-future', [path]);
    expect(await other.rest(), other.errors()).toEqual(['joined: value', 'alone: absent']);
    expect(await other.exited).toBe(0);
  });

  test('is shared by the wall clock where time counts from the start of a process, as in Bun and Deno', async () => {
    const path = newPath();
    const hrtime = vi.spyOn(process, 'hrtime').mockReturnValue([10_000_000, 0]);
    try {
      const onNode = await openTestStore({ path });
      hrtime.mockReturnValue([Math.floor(process.uptime()), 0]);
      const elsewhere = await openTestStore({ path });
      await elsewhere.put('key', 'value', { ttlMs: 3_600_000 });
      hrtime.mockReturnValue([10_000_000, 0]);
      expect(await onNode.find('key')).not.toBeNull();
    } finally {
      hrtime.mockRestore();
    }
  });

  test('does not follow the time of openers that are gone', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    await store.put('key', 'value', { ttlMs: 3_600_000 });
    await store.close();
    const tomorrow = Date.now() + 86_400_000 - Number(process.hrtime.bigint()) / 1e6;
    await changeRaw(path, 'norikv', (meta) => meta.put(Buffer.from('time'), Buffer.from(String(tomorrow))));
    const again = await openTestStore({ path });
    expect(await again.find('key')).not.toBeNull();
  });

  test('is never early, also where a clock counts parts of milliseconds', async () => {
    let nowMs = 1_000.6;
    const clock = { ...systemClock, now: () => nowMs, monotonic: () => nowMs };
    const options = { clock, sweepIntervalMs: never, idempotencyRetentionMs: 10 };
    const store = await openTestStore({ path: newPath(), ...options });
    const version = await store.put('key', 'value', { ttlMs: 10, idempotencyKey: 'id' });
    nowMs += 9.9;
    expect(await store.find('key')).not.toBeNull();
    expect(await store.put('key', 'again', { idempotencyKey: 'id' })).toEqual(version);
  });

  test('a value that outlives every date is kept', async () => {
    const store = await openTestStore({ path: newPath() });
    await store.put('key', 'value', { ttlMs: Number.MAX_SAFE_INTEGER });
    expect(await store.find('key')).not.toBeNull();
    expect(await store.sweep()).toBe(0);
  });
});

describe('sweeping', () => {
  test('removes what has expired, by itself', async () => {
    const store = await openTestStore({ path: newPath(), sweepIntervalMs: 5 });
    await store.put('short', 'value', { ttlMs: 20 });
    await store.put('long', 'value', { ttlMs: 60_000 });
    await store.put('for ever', 'value');
    while ((await store.stats()).keys > 2) await sleep(5);
    expect(await store.stats()).toMatchObject({ keys: 2, expiring: 1 });
  });

  test('removes a mass of records in bounded passes, with writes in between', async () => {
    const clock = new FakeClock();
    const store = await openTestStore({ path: newPath(), clock, sweepIntervalMs: never });
    const keys = Array.from({ length: 1_250 }, (_, place) => `key-${place}`);
    await Promise.all(keys.map((key) => store.put(key, 'value', { ttlMs: 10 })));
    expect((await store.stats()).expiring).toBe(1_250);
    await clock.advance(10);
    const order: string[] = [];
    const swept = store.sweep().then((removed) => order.push(`swept ${removed}`));
    const written = store.put('other', 'value').then(() => order.push('written'));
    await Promise.all([swept, written]);
    expect(order).toEqual(['written', 'swept 1250']);
    expect(await store.stats()).toMatchObject({ keys: 1, expiring: 0 });
  });

  test('writes nothing while nothing is due', async () => {
    const path = newPath();
    const store = await openTestStore({ path, sweepIntervalMs: never });
    await store.put('key', 'value', { ttlMs: 60_000 });
    const before = transactionsOf(path);
    expect(await store.sweep()).toBe(0);
    expect(transactionsOf(path)).toBe(before);
  });

  test('does not touch a key that was written again, with another expiry or with none', async () => {
    const clock = new FakeClock();
    const store = await openTestStore({ path: newPath(), clock, sweepIntervalMs: never });
    for (const key of ['longer', 'for ever', 'deleted']) await store.put(key, 'first', { ttlMs: 10 });
    await store.put('longer', 'second', { ttlMs: 1_000 });
    await store.put('for ever', 'second');
    await store.delete('deleted');
    expect((await store.stats()).expiring).toBe(1);
    await clock.advance(10);
    expect(await store.sweep()).toBe(0);
    expect(bytesToString((await store.get('longer')).value)).toBe('second');
    expect(bytesToString((await store.get('for ever')).value)).toBe('second');
    expect(await store.stats()).toMatchObject({ keys: 2, expiring: 1 });
  });

  test('comes back for a record that lives longer with every write, which costs the index nothing', async () => {
    const path = newPath();
    const clock = new FakeClock();
    const store = await openEmbedded({ path, clock, sweepIntervalMs: never });
    const firstExpiryMs = clock.now() + 1_000;
    for (let write = 0; write < 10; write += 1) {
      await store.put('key', 'value', { ttlMs: 1_000 });
      await clock.advance(100);
    }
    await store.close();
    expect(await expiriesIn(path)).toEqual([firstExpiryMs]);

    const again = await openTestStore({ path, clock, sweepIntervalMs: never });
    expect(await again.sweep()).toBe(0);
    expect(await again.stats()).toMatchObject({ keys: 1, expiring: 1 });
    await clock.advance(899);
    expect(await again.sweep()).toBe(0);
    await clock.advance(1);
    expect(await again.sweep()).toBe(1);
    expect(await again.stats()).toMatchObject({ keys: 0, expiring: 0 });
  });

  test('comes in time for a record whose life was prolonged, then cut short', async () => {
    const clock = new FakeClock();
    const store = await openTestStore({ path: newPath(), clock, sweepIntervalMs: never });
    for (const ttlMs of [5_000, 9_000, 7_000, 1_000]) await store.put('key', 'value', { ttlMs });
    await clock.advance(1_000);
    expect(await store.sweep()).toBe(1);
    await clock.advance(9_000);
    expect(await store.sweep()).toBe(0);
    expect(await store.stats()).toMatchObject({ keys: 0, expiring: 0 });
  });

  test('leaves a key alone that was deleted after its life was prolonged, and is there for ever now', async () => {
    const clock = new FakeClock();
    const store = await openTestStore({ path: newPath(), clock, sweepIntervalMs: never });
    await store.put('key', 'value', { ttlMs: 10 });
    await store.put('key', 'value', { ttlMs: 20 });
    await store.delete('key');
    await store.put('key', 'for ever');
    await clock.advance(30);
    expect(await store.sweep()).toBe(0);
    expect(bytesToString((await store.get('key')).value)).toBe('for ever');
    expect(await store.stats()).toMatchObject({ keys: 1, expiring: 0 });
  });

  test('forgets idempotency keys after their retention', async () => {
    const clock = new FakeClock();
    const options = { clock, sweepIntervalMs: never, idempotencyRetentionMs: 5_000 };
    const store = await openTestStore({ path: newPath(), ...options });
    await store.put('key', 'first', { idempotencyKey: 'id' });
    expect(await store.stats()).toMatchObject({ idempotencyKeys: 1, expiring: 1 });
    await clock.advance(4_999);
    await store.put('key', 'again', { idempotencyKey: 'id' });
    expect(bytesToString((await store.get('key')).value)).toBe('first');
    await clock.advance(1);
    // Expired and not swept yet: the id counts as new, and is remembered from now on.
    await store.put('key', 'second', { idempotencyKey: 'id' });
    expect(bytesToString((await store.get('key')).value)).toBe('second');
    expect(await store.stats()).toMatchObject({ idempotencyKeys: 1, expiring: 1 });
    await clock.advance(5_000);
    expect(await store.sweep()).toBe(1);
    expect(await store.stats()).toMatchObject({ keys: 1, idempotencyKeys: 0, expiring: 0 });
  });
});

/** The times of the lines of the index, in its order. */
async function expiriesIn(path: string): Promise<number[]> {
  const times: number[] = [];
  await changeRaw(path, 'expiries', (lines) => {
    for (const line of lines.getKeys()) times.push(Number(Buffer.from(line).readBigUInt64BE(0)));
  });
  return times;
}
