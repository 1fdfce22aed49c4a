import { readSync, writeSync } from 'node:fs';
import { find } from '@norikv/store';
import { openEmbedded } from '../../src/index.js';

// Reads a key again and again within one turn of the event loop: <path>. Between two reads it waits for a
// byte on standard input, and blocks meanwhile, so nothing of this process can run in between.

const [path = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
const byte = new Uint8Array(1);
for (let round = 0; round < 20; round++) {
  const entry = await find(store, 'shared');
  writeSync(1, `${entry ? Buffer.from(entry.value).toString() : 'absent'}\n`);
  readSync(0, byte);
}
await store.close();
