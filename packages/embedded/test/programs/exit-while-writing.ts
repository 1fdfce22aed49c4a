import { openEmbedded } from '../../src/index.js';

// Writes to a store with the options given as JSON, and ends this process in the middle of it: by
// process.exit, or by an error nobody catches.

const [options = '{}', how] = process.argv.slice(2);
const store = await openEmbedded(JSON.parse(options));
let writes = 0;
const write = async (writer: number): Promise<never> => {
  for (;;) {
    await store.put(`key-${writer}`, 'x'.repeat(1_000));
    writes += 1;
    if (writes === 500 && how === 'throw') throw new Error('uncaught');
  }
};
for (let writer = 0; writer < 64; writer++) void write(writer);
if (how === 'exit') setTimeout(() => process.exit(3), 20 + Math.random() * 20);
