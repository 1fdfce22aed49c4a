import { createInterface } from 'node:readline';
import { openEmbedded } from '../../src/index.js';
import { reportLine } from '../support/report-line.js';
import {
  isDelete,
  killedDimensions,
  killedNamespace,
  type VectorReport,
  vectorOfWrite,
} from '../support/vector-ledger.js';

// Waits for "<path> <round>", then inserts and deletes vectors, alone and many at a time, until it is killed.

function report(kind: VectorReport['kind'], id: string, number: number): void {
  reportLine({ kind, id, number });
}

for await (const line of createInterface(process.stdin)) {
  const [path = '', round = ''] = line.split(' ');
  const store = await openEmbedded({ path });
  await store.vectorCreateIndex(killedNamespace, killedDimensions, 'euclidean');

  const change = async (id: string): Promise<void> => {
    for (let number = 1; ; number++) {
      report('sent', id, number);
      if (isDelete(number)) await store.vectorDelete(killedNamespace, id);
      else await store.vectorInsert(killedNamespace, id, vectorOfWrite(id, number));
      report('acknowledged', id, number);
    }
  };

  const insertMany = async (): Promise<void> => {
    for (let batch = 0; ; batch++) {
      const ids = Array.from({ length: 20 }, (_, place) => `${round}-${batch}-${place}`);
      for (const id of ids) report('sent', id, 1);
      const items = ids.map((id) => ({ id, vector: vectorOfWrite(id, 1) }));
      await store.vectorInsertMany(killedNamespace, items);
      for (const id of ids) report('acknowledged', id, 1);
    }
  };

  // Dropped at any moment, so that the next one finds what is left to be cleaned.
  const dropping = async (): Promise<void> => {
    for (;;) {
      await store.vectorCreateIndex('short-lived', 2, 'cosine');
      await store.vectorInsertMany('short-lived', [{ id: 'a', vector: [1, 2] }]);
      await store.vectorDropIndex('short-lived');
    }
  };

  await Promise.all([...['a', 'b', 'c'].map((name) => change(`${round}-${name}`)), insertMany(), dropping()]);
}
