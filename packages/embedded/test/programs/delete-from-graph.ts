import { openEmbedded } from '../../src/index.js';
import { GraphWorker } from '../../src/vectors/graph-worker.js';
import { settledGraph } from '../support/graphs.js';

// Opens <path>. "between" has a graph made, deletes a third of its vectors and has the next one made. "meanwhile"
// replaces all vectors of a graph, and deletes nearly all of them once the next one has begun. "after" adds vectors
// and has a graph made. Tells at the end how the graph is doing.

const [path = '', when] = process.argv.slice(2);
const store = await openEmbedded({ path, hnswFrom: 500 });
const items = (name: string, count: number): { id: string; vector: number[] }[] =>
  Array.from({ length: count }, (_, number) => ({ id: `${name}-${number}`, vector: [number, 1] }));
const deleteAll = async (all: readonly { id: string }[]): Promise<void> => {
  await Promise.all(all.map(({ id }) => store.vectorDelete('some', id)));
};

if (when === 'after') await store.vectorInsertMany('some', items('later', 600));
else {
  const [first, others] = [items('first', 760), items('other', 1_600)];
  await store.vectorCreateIndex('some', 2, 'euclidean', 'hnsw');
  await store.vectorInsertMany('some', first);
  await settledGraph(store, 'some', [0, 1]);
  if (when === 'between') await deleteAll(first.slice(512));
  else {
    await deleteAll(first);
    await store.vectorInsertMany('some', others);
    const { ask } = GraphWorker.prototype;
    GraphWorker.prototype.ask = async function (order) {
      if (order.remove) {
        await deleteAll(others.slice(10));
        await store.vectorSearch('some', [0, 1], 1);
      }
      return ask.call(this, order);
    };
  }
}
const { isServing, vectors, reason } = (await settledGraph(store, 'some', [0, 1])) ?? {};
await store.close();
console.log(JSON.stringify({ isServing, vectors, reason }));
