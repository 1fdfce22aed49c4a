import { openEmbedded } from '../../src/index.js';

// Opens <path>, says so, and at the first line it is sent reads a key and is killed before it has let go of what it read.

const [path = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
console.log('open');
await new Promise((resolve) => process.stdin.once('data', resolve));
await store.find('key');
process.kill(process.pid, 'SIGKILL');
