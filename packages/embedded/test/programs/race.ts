import { createInterface } from 'node:readline';
import { recordHistory, seededRandom } from '@norikv/testkit';
import { openEmbedded } from '../../src/index.js';
import { randomCalls } from '../support/random-calls.js';
import { SharedTimeHistory, toLine } from '../support/shared-time-history.js';

// Opens <path> as client <name>, then plays one game for each line "<key> <seed>" and reports what it was told.

const [path = '', name = ''] = process.argv.slice(2);
const store = await openEmbedded({ path });
console.log('ready');
for await (const line of createInterface(process.stdin)) {
  const [key = '', seed = ''] = line.split(' ');
  const history = new SharedTimeHistory(Number(name));
  const random = seededRandom(Number(seed));
  const clients = ['a', 'b'].map((client) => recordHistory(store, history, `${name}${client}`));
  await Promise.all(clients.map((client) => randomCalls(client, key, random, 4)));
  console.log(toLine(history));
}
await store.close();
