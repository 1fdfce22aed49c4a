import { openEmbedded } from '../../src/index.js';

// Opens a store with the options given as JSON, says so, and holds it open until it is told to close it.

const store = await openEmbedded(JSON.parse(process.argv[2] ?? '{}'));
console.log('open');
process.stdin.once('data', async () => {
  await store.close();
  console.log('closed');
  process.stdin.pause();
});
