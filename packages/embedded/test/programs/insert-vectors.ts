import { createInterface } from 'node:readline';
import { openEmbedded } from '../../src/index.js';

// Opens <path>; each line "<id> <number>" inserts that vector into "shared", "-<id>" deletes it, and "? <k>"
// tells the ids a search finds. Answers each line when it is acknowledged.

const [path = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [id = '', number = ''] = line.split(' ');
  if (id === '?') {
    const { matches } = await store.vectorSearch('shared', [0], Number(number));
    console.log(matches.map((match) => match.id).join(','));
  } else {
    if (id.startsWith('-')) await store.vectorDelete('shared', id.slice(1));
    else await store.vectorInsert('shared', id, [Number(number)]);
    console.log('done');
  }
}
await store.close();
