import { openEmbedded } from '../../src/index.js';

// Opens a store with the options given as JSON, writes, and leaves: with "close" as second argument it closes
// the store before. Nothing else ends this process.

const store = await openEmbedded(JSON.parse(process.argv[2] ?? '{}'));
await store.put('left', 'behind', { ttlMs: 60_000, timeoutMs: 60_000 });
if (process.argv[3] === 'close') await store.close();
console.log('left');
