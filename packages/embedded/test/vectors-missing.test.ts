import { existsSync, readdirSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { openEmbedded } from '../src/index.js';
import { newPath } from './support/folders.js';

// The part of the package for vectors is read from the disk at the first call that needs it.

const system = vi.hoisted(() => ({ cannotLoad: true }));

vi.mock('../src/vectors/open-vectors.js', async (importOriginal) => {
  const { openVectors } = await importOriginal<typeof import('../src/vectors/open-vectors.js')>();
  return {
    openVectors(...given: Parameters<typeof openVectors>): unknown {
      if (system.cannotLoad) throw Object.assign(new Error('too many open files'), { code: 'EMFILE' });
      return openVectors(...given);
    },
  };
});

test('if it cannot be read, the store goes on without it, reads it later, and can be closed', async () => {
  const path = newPath();
  for (const readsItLater of [true, false]) {
    system.cannotLoad = true;
    const store = await openEmbedded({ path });
    const message = expect.stringMatching(/too many open files.*restart the process/);
    const unavailable = { code: 'UNAVAILABLE', outcome: 'not-applied', message };
    await expect(store.stats()).rejects.toMatchObject(unavailable);
    await expect(store.vectorGet('some', 'id')).rejects.toMatchObject(unavailable);
    await store.put('key', 'value');
    system.cannotLoad = !readsItLater;
    if (readsItLater) expect((await store.stats()).keys).toBe(1);
    await store.close();
    expect(existsSync(path) && readdirSync(`${path}/norikv.mdb-gate`)).toEqual([]);
  }
});
