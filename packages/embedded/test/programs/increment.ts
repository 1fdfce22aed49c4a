import { createInterface } from 'node:readline';
import { find, isAlreadyExists, isVersionMismatch } from '@norikv/store';
import { openEmbedded } from '../../src/index.js';

// Opens <path> and, at the first line it is sent, adds 1 to a key so many times by compare-and-swap.

const [path = '', times = '0'] = process.argv.slice(2);
const store = await openEmbedded({ path });
console.log('ready');
await createInterface(process.stdin)[Symbol.asyncIterator]().next();
let lost = 0;
for (let done = 0; done < Number(times); ) {
  const entry = await find(store, 'sum');
  const sum = entry ? Number(Buffer.from(entry.value).toString()) : 0;
  const condition = entry ? { ifMatchVersion: entry.version } : { ifNotExists: true };
  try {
    await store.put('sum', String(sum + 1), condition);
    done += 1;
  } catch (error) {
    if (!isVersionMismatch(error) && !isAlreadyExists(error)) throw error;
    lost += 1;
  }
}
await store.close();
console.log(lost);
process.exit();
