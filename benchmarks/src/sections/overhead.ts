import { type Codec, createUpdater, write } from '@norikv/cas-retry';
import { openEmbedded } from '@norikv/embedded';
import { bytesToString, type KvStore, stringToBytes, type Version } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { closedLoop, median } from '../closed-loop.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const rounds = 5;
const codec: Codec<number> = {
  encode: (state) => stringToBytes(String(state)),
  decode: (bytes) => Number(bytesToString(bytes)),
};

/** What an uncontended update costs over the bare conditional put, in CPU time. */
export async function overhead(durationMs: number): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using embedded = await openEmbedded({ path: folder.path });
  const stores: readonly [string, KvStore][] = [
    ['memory', createMemoryStore()],
    ['embedded', embedded],
  ];
  const rows: Row[] = [];
  for (const [name, store] of stores) {
    const updater = createUpdater(store);
    const update = (): Promise<number> =>
      updater.update('updated', codec, (current = 0) => write(current + 1, current + 1));
    let version: Version = await store.put('bare', '0');
    let count = 0;
    const bare = async (): Promise<void> => {
      count += 1;
      version = await store.put('bare', String(count), { ifMatchVersion: version });
    };
    const costs: { ours: number[]; bare: number[] } = { ours: [], bare: [] };
    for (let round = 0; round <= rounds; round += 1) {
      const ours = await closedLoop(1, durationMs, update);
      const plain = await closedLoop(1, durationMs, bare);
      if (round === 0) continue;
      costs.ours.push(ours.cpuMicrosecondsPerOperation);
      costs.bare.push(plain.cpuMicrosecondsPerOperation);
    }
    const [ours, plain] = [median(costs.ours), median(costs.bare)];
    const note = `${(ours - plain).toFixed(1)} µs over the bare put`;
    rows.push(
      ...compare(`CPU of one uncontended update, ${name}`, 'µs CPU', 'less', [
        { contender: 'ours: createUpdater().update', value: ours, note },
        { contender: 'the bare conditional put', value: plain },
      ]),
    );
  }
  return rows;
}
