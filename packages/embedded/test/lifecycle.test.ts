import { bytesToString, type KvStore } from '@norikv/store';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { createEphemeral, type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { startProgram } from './support/programs.js';

describe('closing', () => {
  test('answers what was asked for, refuses what comes later, and may be repeated', async () => {
    const path = newPath();
    const store = await openEmbedded({ path });
    const puts = Array.from({ length: 3_000 }, (_, place) => store.put(`key-${place}`, 'value'));
    const closing = store.close();
    const closed = { code: 'CLOSED', outcome: 'not-applied' };
    await expect(store.put('late', 'value')).rejects.toMatchObject(closed);
    await expect(store.get('late')).rejects.toMatchObject(closed);
    await expect(store.find('late')).rejects.toMatchObject(closed);
    await expect(store.delete('late')).rejects.toMatchObject(closed);
    await expect(store.stats()).rejects.toMatchObject(closed);
    await expect(store.sweep()).rejects.toMatchObject(closed);
    await Promise.all(puts);
    await closing;
    await store.close();
    const again = await openTestStore({ path });
    expect((await again.stats()).keys).toBe(3_000);
    expect(await again.find('late')).toBeNull();
  });

  test('answers reads that have let the event loop turn', async () => {
    const store = await openEmbedded();
    await store.put('key', 'value');
    const reads = Array.from({ length: 1_000 }, () => store.find('key'));
    await Promise.all([store.close(), ...reads]);
  });

  test('happens at the end of an `await using` scope', async () => {
    const path = newPath();
    let escaped: EmbeddedStore;
    {
      await using store = await openEmbedded({ path });
      await store.put('key', 'value');
      escaped = store;
    }
    await expect(escaped.get('key')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  test('while sweeping does no harm', async () => {
    for (let round = 0; round < 20; round++) {
      const store = await openEmbedded({ sweepIntervalMs: 1 });
      await store.put('key', 'value', { ttlMs: 1 });
      await new Promise((resolve) => setTimeout(resolve, 2));
      await store.close();
    }
  });
});

describe('a store', () => {
  test('opens and closes many times over', async () => {
    const path = newPath();
    for (let round = 0; round < 30; round++) {
      const store = await openEmbedded({ path });
      await store.put('round', `${round}`);
      await store.close();
    }
    const store = await openTestStore({ path });
    expect(bytesToString((await store.get('round')).value)).toBe('29');
  });

  test('ephemeral ones know nothing of each other', async () => {
    const [one, other] = [await createEphemeral(), await createEphemeral()];
    await one.put('key', 'value');
    expect(await other.find('key')).toBeNull();
    await Promise.all([one.close(), other.close()]);
  });

  test('ephemeral and flushed, if that is asked for', async () => {
    const store = await openTestStore({ durability: 'disk' });
    await store.put('key', 'value');
    expect(await store.find('key')).not.toBeNull();
  });

  test('gives values that are plain bytes of their own', async () => {
    const store = await openTestStore({ path: newPath() });
    for (const size of [0, 1, 100, 5_000, 100_000]) {
      const input = new Uint8Array(size).fill(7);
      const put = store.put('key', input);
      input.fill(8);
      await put;
      const { value } = await store.get('key');
      expect(Object.getPrototypeOf(value)).toBe(Uint8Array.prototype);
      expect(value.buffer.byteLength).toBe(size);
      expect(value.every((byte) => byte === 7)).toBe(true);
      value.fill(9);
      await store.put('other', new Uint8Array(size).fill(1));
      expect((await store.get('key')).value.every((byte) => byte === 7)).toBe(true);
    }
  });

  test('declares what it guarantees, for good', async () => {
    const store = await openTestStore();
    expectTypeOf(store).toExtend<KvStore>();
    expect(store.capabilities).toEqual({
      engine: 'embedded',
      atomicCas: true,
      createIfAbsent: true,
      deleteCas: true,
      linearizableReads: true,
      putVersionUsable: true,
      ttl: 'exact',
      durableAck: true,
      idempotency: 'durable',
      maxKeyBytes: 1_024,
      maxValueBytes: 1_048_576,
      vector: true,
    });
    expect(Object.isFrozen(store.capabilities)).toBe(true);
  });

  test('does not starve the event loop when it is polled', async () => {
    const store = await openTestStore({ path: newPath() });
    let isWritten = false;
    void store.put('awaited', 'value').then(() => {
      isWritten = true;
    });
    while (!(await store.find('awaited')));
    await store.put('other', 'value');
    expect(isWritten).toBe(true);
  });

  test('counts what it holds', async () => {
    const store = await openTestStore({ path: newPath() });
    await store.put('one', 'value');
    await store.put('two', 'value', { ttlMs: 60_000 });
    await store.put('three', 'value', { idempotencyKey: 'id' });
    const waiting = store.put('four', 'value');
    expect(await store.stats()).toEqual({
      keys: 3,
      idempotencyKeys: 1,
      expiring: 2,
      waitingWrites: 1,
      fileBytes: expect.any(Number),
      vectors: expect.objectContaining({ vectors: 0, namespaces: [] }),
    });
    await waiting;
  });

  test('grows beyond what was mapped when it was opened, under the eyes of others', async () => {
    const path = newPath();
    const [writer, reader] = [await openTestStore({ path }), await openTestStore({ path })];
    await reader.put('small', 'value');
    const value = new Uint8Array(1_048_576).fill(3);
    for (let place = 0; place < 24; place++) {
      await writer.put(`large-${place}`, value);
      expect((await reader.get(`large-${place}`)).value.length).toBe(value.length);
    }
    await reader.put('small', 'again');
    expect((await writer.stats()).fileBytes).toBeGreaterThan(24 * value.length);
  });

  test('uses free room again soon after a process was killed while it read', async () => {
    const path = newPath();
    const store = await openTestStore({ path, sweepIntervalMs: 5 });
    const value = new Uint8Array(100_000);
    const grows = async (): Promise<boolean> => {
      const { fileBytes } = await store.stats();
      for (let times = 0; times < 20; times++) await store.put('key', value);
      return (await store.stats()).fileBytes > fileBytes;
    };
    while (await grows());
    const reader = startProgram('die-while-reading', [path]);
    expect(await reader.line(), reader.errors()).toBe('open');
    reader.send('read');
    expect(await reader.exited).toBe('SIGKILL');
    await expect.poll(grows).toBe(false);
  });
});
