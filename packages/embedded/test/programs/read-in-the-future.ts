import { find } from '@norikv/store';
import { type EmbeddedStore, openEmbedded, restoreBackup } from '../../src/index.js';

// Reads a key of <path> in a process whose wall clock is two hours ahead: once while others have the store
// open, then from a copy that nobody else has open.

const [path = ''] = process.argv.slice(2);
const { now } = Date;
Date.now = () => now() + 7_200_000;

async function report(name: string, store: EmbeddedStore): Promise<void> {
  const entry = await find(store, 'key');
  console.log(`${name}: ${entry ? Buffer.from(entry.value).toString() : 'absent'}`);
  await store.close();
}

const joined = await openEmbedded({ path });
await joined.backup(`${path}.backup`);
await report('joined', joined);
await restoreBackup(`${path}.backup`, `${path}.copy`);
await report('alone', await openEmbedded({ path: `${path}.copy` }));
