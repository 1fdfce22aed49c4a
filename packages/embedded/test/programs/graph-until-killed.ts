import { createInterface } from 'node:readline';
import { seededRandom } from '@norikv/testkit';
import { openEmbedded } from '../../src/index.js';
import { killedGraph } from '../support/graphs.js';
import { randomVector } from '../support/vector-oracle.js';

// Waits for "<path> <seed>", then changes vectors and searches, so that one graph after the other is made, until
// it is killed. Says when the first search has ended.

for await (const line of createInterface(process.stdin)) {
  const [path = '', seed = ''] = line.split(' ');
  const { namespace, dimensions, ids, options } = killedGraph;
  const store = await openEmbedded({ path, ...options });
  const random = seededRandom(Number(seed));
  await store.vectorCreateIndex(namespace, dimensions, 'euclidean', 'hnsw');
  for (let round = 0; ; round++) {
    const items = Array.from({ length: ids / 4 }, () => ({
      id: `id-${Math.floor(random() * ids)}`,
      vector: randomVector(random, dimensions),
    }));
    await store.vectorInsertMany(namespace, items);
    for (let times = 0; times < 5; times++) {
      await store.vectorDelete(namespace, `id-${Math.floor(random() * ids)}`);
      await store.vectorSearch(namespace, randomVector(random, dimensions), 3);
    }
    if (round === 0) console.log('searched');
  }
}
