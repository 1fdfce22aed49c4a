import { openEmbedded } from '@norikv/embedded';
import { EventStore } from '@norikv/eventstore';
import { emmettInMemory, emmettOnSqlite, loadEmmettSqlite } from '../contenders/emmett.js';
import { type Contenders, loopFigures } from '../loop-figures.js';
import { compare, type Figure, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const batch = 1_000;
const stream = 'account-0';

/** Whole reads of one long stream: of 100,000 events, or fewer for short rounds. */
export async function eventReads(durationMs: number): Promise<Row[]> {
  const count = Math.min(100, Math.ceil(durationMs / 10)) * batch;
  await using folder = await temporaryFolder();
  await using client = await openEmbedded({ path: folder.path });
  const emmett = await loadEmmettSqlite();
  await using sqlite = emmett && (await emmettOnSqlite(emmett, 'one connection'));
  const memory = emmettInMemory();
  const ours = new EventStore(client);
  for (let first = 0; first < count; first += batch) {
    const events = Array.from({ length: batch }, (_, index) => ({
      type: 'Deposited',
      data: { amount: first + index, note: 'x'.repeat(100) },
    }));
    await ours.append(stream, events);
    await sqlite?.append(stream, events);
    await memory.append(stream, events);
  }
  const whole = async (read: Promise<number>): Promise<void> => {
    const found = await read;
    if (found !== count) throw new Error(`${found} of ${count} events were read`);
  };
  const contenders: Contenders = {
    'ours: EventStore.getEvents': () => whole(ours.getEvents(stream).then(({ length }) => length)),
    ...(sqlite && { 'emmett, SQLite, one connection': () => whole(sqlite.read(stream)) }),
    'emmett in memory, hands out its own objects': () => whole(memory.read(stream)),
  };
  const perSecond = ({ value, ...rest }: Figure): Figure => ({ ...rest, value: value * count });
  const [first, ...others] = await loopFigures(contenders, 1, durationMs);
  return compare(`Reads of ${count.toLocaleString('en-US')} events of one stream`, 'events/s', 'more', [
    perSecond(first),
    ...others.map(perSecond),
  ]);
}
