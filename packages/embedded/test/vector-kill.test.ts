import { seededRandom } from '@norikv/testkit';
import { expect, test } from 'vitest';
import { type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath } from './support/folders.js';
import { killWhileWriting } from './support/kill-while-writing.js';
import { type Program, startProgram } from './support/programs.js';
import {
  isDelete,
  killedDimensions,
  killedNamespace,
  type VectorReport,
  vectorOfWrite,
} from './support/vector-ledger.js';

// An hour by hand: NORIKV_FAULT_BUDGET_SECONDS=3600. Without it, 20 kills.
const budgetMs = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0) * 1_000;
const leastKills = 20;

test(
  'no acknowledged vector is lost, none is invented, and a search finds what is stored, after a kill',
  async () => {
    const path = newPath();
    const random = seededRandom(2);
    const ledger = new VectorLedger();
    const end = performance.now() + budgetMs;
    const waiting = [startWriter(), startWriter()];
    let survivor: EmbeddedStore | undefined;
    let kills = 0;
    while (kills < leastKills || performance.now() < end) {
      kills += 1;
      // Every other time another process (this one) has the vectors in memory across the kill.
      if (kills % 2 === 0) {
        survivor = await openEmbedded({ path });
        await idsFound(survivor);
      }
      const writer = waiting.shift() ?? startWriter();
      waiting.push(startWriter());
      ledger.add(await killWhileWriting<VectorReport>(writer, `${path} ${kills}`, 5 + random() * 60));
      const store = survivor ?? (await openEmbedded({ path }));
      // What was complete on the disk and not announced shows with the next commit, see the test of keys.
      await store.put('settle', 'now');
      await ledger.check(store);
      await store.close();
      survivor = undefined;
    }
    for (const writer of waiting) writer.kill();
    expect(ledger.acknowledged).toBeGreaterThan(kills);
  },
  budgetMs + 900_000,
);

function startWriter(): Program {
  return startProgram('insert-until-killed');
}

async function idsFound(store: EmbeddedStore): Promise<Map<string, readonly number[]>> {
  await store.vectorCreateIndex(killedNamespace, killedDimensions, 'euclidean');
  const query = new Array<number>(killedDimensions).fill(0);
  const { matches } = await store.vectorSearch(killedNamespace, query, 1_000_000, { includeVectors: true });
  return new Map(matches.map(({ id, vector = [] }) => [id, vector]));
}

/** What must be in the store: for each id its last acknowledged write, or the one after it that was sent. */
class VectorLedger {
  acknowledged = 0;
  readonly #last = new Map<string, { acknowledged: number; sent: number }>();

  add(reports: readonly VectorReport[]): void {
    for (const { kind, id, number } of reports) {
      const last = this.#last.get(id) ?? { acknowledged: 0, sent: 0 };
      this.#last.set(id, { ...last, [kind]: number });
      if (kind === 'acknowledged') this.acknowledged += 1;
    }
  }

  async check(store: EmbeddedStore): Promise<void> {
    const found = await idsFound(store);
    let stored = 0;
    for (const [id, last] of this.#last) {
      const vector = await store.vectorGet(killedNamespace, id);
      expect(found.get(id) ?? null, `${id}: what is found is not what is stored`).toEqual(vector);
      stored += vector ? 1 : 0;
      const number = vector?.[0] ?? absentNumber(last);
      const message = `${id} holds write ${number}; acknowledged ${last.acknowledged}, sent ${last.sent}`;
      expect(number >= last.acknowledged && number <= last.sent, message).toBe(true);
      if (vector) expect(vector, id).toEqual(vectorOfWrite(id, number));
    }
    // None that nobody wrote.
    expect(found.size).toBe(stored);
    const { vectors } = await store.stats();
    expect(vectors.namespaces.find(({ namespace }) => namespace === killedNamespace)?.vectors).toBe(stored);
  }
}

/** The write after which an id is absent: before the first, or a delete. */
function absentNumber({ acknowledged, sent }: { acknowledged: number; sent: number }): number {
  for (let number = acknowledged; number <= sent; number++) {
    if (number === 0 || isDelete(number)) return number;
  }
  return Number.NaN;
}
