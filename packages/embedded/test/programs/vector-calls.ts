import { createInterface } from 'node:readline';
import { openEmbedded } from '../../src/index.js';
import type { VectorCall } from '../support/graphs.js';

// Opens <path> with graphs from <hnswFrom> vectors on; each line is a call as JSON. Answers each with a line.

const [path = '', hnswFrom = ''] = process.argv.slice(2);
const store = await openEmbedded({ path, hnswFrom: Number(hnswFrom) });
console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [name, ...args] = JSON.parse(line) as VectorCall;
  const call = store[name] as (...all: readonly unknown[]) => Promise<unknown>;
  const answer = await call.apply(store, args);
  console.log(name === 'vectorSearch' ? JSON.stringify(answer) : 'done');
}
await store.close();
