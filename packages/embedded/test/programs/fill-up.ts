import { isNoriKVError } from '@norikv/store';
import { openEmbedded } from '../../src/index.js';

// Writes to <path> until the disk refuses, then checks that everything acknowledged is there, that what was
// refused is not, and that the store goes on when there is room. The caller limits the size of files.

const [path = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
const value = new Uint8Array(10_000).fill(5);
const acknowledged: string[] = [];
const refused: string[] = [];
for (let place = 0; refused.length < 3; place++) {
  const keys = Array.from({ length: 3 }, (_, twin) => `key-${place}-${twin}`);
  const answers = await Promise.allSettled(keys.map((key) => store.put(key, value)));
  for (const [twin, answer] of answers.entries()) {
    const key = keys[twin] ?? '';
    if (answer.status === 'fulfilled') acknowledged.push(key);
    else {
      refused.push(key);
      const error: unknown = answer.reason;
      console.log(isNoriKVError(error) ? `${error.code} ${error.outcome}` : String(error));
    }
  }
}
for (const key of acknowledged) if (!(await store.find(key))) console.log(`${key} is lost`);
for (const key of refused) if (await store.find(key)) console.log(`${key} was applied`);
for (const key of acknowledged.slice(0, 5)) await store.delete(key);
await store.put('small', 'fits');
await store.close();
console.log(acknowledged.length > 10 ? 'done' : 'too few');
