import { describe, expect, it } from 'vitest';
import { type Entry, find, KeyNotFoundError, type KvStore } from '../src/index.js';

const version = { term: 1n, index: 1n };
const client = (get: KvStore['get']): KvStore => ({
  get,
  put: async () => version,
  delete: async () => false,
});

describe('find', () => {
  it('uses the method of a store that has one', async () => {
    const store = { ...client(async () => Promise.reject(new Error('not asked'))), find: async () => null };
    expect(await find(store, 'k')).toBeNull();
  });

  it('turns a thrown not-found into null, from any copy of the client', async () => {
    expect(
      await find(
        client(() => Promise.reject(new KeyNotFoundError('k'))),
        'k',
      ),
    ).toBeNull();
    expect(
      await find(
        client(() => Promise.reject({ name: 'NotFoundError' })),
        'k',
      ),
    ).toBeNull();
  });

  it('passes every other error on', async () => {
    const broken = new TypeError('broken');
    await expect(
      find(
        client(() => Promise.reject(broken)),
        'k',
      ),
    ).rejects.toBe(broken);
  });

  it('takes presence from the version, never from the value', async () => {
    const answering = (entry: unknown): KvStore => client(async () => entry as Entry);
    expect(await find(answering({ value: null, version: null }), 'k')).toBeNull();
    expect(await find(answering({ value: new Uint8Array(0), version }), 'k')).toEqual({
      value: new Uint8Array(0),
      version,
    });
    expect(await find(answering({ value: null, version }), 'k')).toEqual({
      value: new Uint8Array(0),
      version,
    });
  });

  it('hands its options on', async () => {
    const seen: unknown[] = [];
    const store = client(async (...call) => {
      seen.push(call);
      return { value: new Uint8Array(0), version };
    });
    await find(store, 'k', { consistency: 'stale_ok' });
    expect(seen).toEqual([['k', { consistency: 'stale_ok' }]]);
  });
});
