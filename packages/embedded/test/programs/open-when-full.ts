import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesToString } from '@norikv/store';
import { openEmbedded } from '../../src/index.js';

// Fills the volume of <path>, on which is a store, opens the store, and writes a backup to <file> on another volume.

const [path = '', file = ''] = process.argv.slice(2);
const before = await openEmbedded({ path });
for (let place = 0; place < 10; place++) await before.put(`key-${place}`, 'value');
await before.close();
try {
  for (;;) appendFileSync(join(path, '.filling'), Buffer.alloc(512));
} catch (error) {
  console.log((error as NodeJS.ErrnoException).code);
}
const store = await openEmbedded({ path });
console.log(bytesToString((await store.get('key-9')).value));
await store.backup(file);
console.log(await store.delete('key-0'));
await store.put('large', new Uint8Array(1_000_000)).catch(({ code, outcome }) => console.log(code, outcome));
await store.close();
