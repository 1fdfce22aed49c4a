import { parentPort } from 'node:worker_threads';
import { openEmbedded } from '../../src/index.js';

// Runs in a worker thread: opens <path>, writes to it, says so, and goes on writing until the thread is ended.

const [path = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
await store.put('key', 'value');
parentPort?.postMessage('writes');
for (;;) await store.put('key', 'value');
