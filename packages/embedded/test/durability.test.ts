import { expect, test, vi } from 'vitest';
import { openEmbedded, StoreInUseError } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';

/** What is open of LMDB, of which the first to open a file decides for all of its process whether it is flushed. */
const lmdb = vi.hoisted(() => ({ open: new Map<object, boolean>(), sawBoth: false }));

vi.mock('lmdb', async (importOriginal) => {
  const original = await importOriginal<typeof import('lmdb')>();
  return {
    ...original,
    open(options: { readonly noSync: boolean }) {
      const root = original.open(options as never);
      lmdb.open.set(root, options.noSync);
      if (new Set(lmdb.open.values()).size > 1) lmdb.sawBoth = true;
      const close = root.close.bind(root);
      return Object.assign(root, {
        close: async () => {
          await close();
          lmdb.open.delete(root);
        },
      });
    },
  };
});

test('is that of the files also if a store with another one is closed while this one is opened', async () => {
  const path = newPath();
  const relaxed = await openEmbedded({ path, durability: 'os' });
  const opening = openEmbedded({ path });
  const [outcome] = await Promise.allSettled([opening, relaxed.close()]);
  if (outcome.status === 'fulfilled') await outcome.value.close();
  else expect(outcome.reason).toBeInstanceOf(StoreInUseError);
  expect(lmdb.sawBoth).toBe(false);
  const strict = await openTestStore({ path });
  expect(strict.capabilities.durableAck).toBe(true);
});

test('is that of one of two that are opened at the same time, and the other is refused', async () => {
  for (const [first, second] of [
    ['os', 'disk'],
    ['disk', 'os'],
  ] as const) {
    const path = newPath();
    const outcomes = await Promise.allSettled([
      openEmbedded({ path, durability: first }),
      openEmbedded({ path, durability: second }),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const outcome of outcomes) {
      if (outcome.status === 'fulfilled') await outcome.value.close();
      else expect(outcome.reason).toMatchObject({ code: 'STORE_IN_USE', message: /with another durability/ });
    }
    expect(lmdb.sawBoth).toBe(false);
  }
});
