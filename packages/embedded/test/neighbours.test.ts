import { expect, test } from 'vitest';
import { type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';

// Opening waits for the write lock and blocks the thread. A neighbour of the same thread that holds the lock
// needs the thread to go on: without care both wait for ever.

test('a store can be opened while another of this thread writes to the same folder', async () => {
  const path = newPath();
  const first = await openTestStore({ path });
  let writes = 0;
  let isDone = false;
  const write = async (store: EmbeddedStore): Promise<void> => {
    while (!isDone) writes += (await store.put('busy', `${writes}`)) ? 1 : 0;
  };
  const writing = Array.from({ length: 8 }, () => write(first));
  for (let opened = 0; opened < 20; opened++) {
    const other = await openEmbedded({ path });
    const version = await other.put('other', `${opened}`);
    expect((await first.get('other')).version).toEqual(version);
    if (opened % 3 === 0) await other.close();
    else void other.close();
  }
  isDone = true;
  await Promise.all(writing);
  expect(writes).toBeGreaterThan(0);
});

test('stores opened at one moment on a new folder share it', async () => {
  const path = newPath();
  const stores = await Promise.all(Array.from({ length: 5 }, () => openTestStore({ path })));
  await Promise.all(stores.map((store, place) => store.put(`key-${place}`, 'value')));
  for (const store of stores) expect((await store.stats()).keys).toBe(5);
});
