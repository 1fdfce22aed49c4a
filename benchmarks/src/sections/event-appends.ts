import { openEmbedded } from '@norikv/embedded';
import { EventFeed, EventStore } from '@norikv/eventstore';
import { emmettInMemory, emmettOnSqlite, loadEmmettSqlite } from '../contenders/emmett.js';
import { type Contenders, loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

const event = { type: 'Deposited', data: { amount: 7, note: 'x'.repeat(100) } };

/** Durable appends of one event, to one stream or to a stream for each caller. */
export async function eventAppends(
  streams: 'one stream' | 'a stream each',
  inFlight: number,
  durationMs: number,
): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using client = await openEmbedded({ path: folder.path });
  await using feed = new EventFeed(client, { prefix: 'with-feed' });
  const emmett = await loadEmmettSqlite();
  await using sqlite = emmett && (await emmettOnSqlite(emmett, 'a connection each'));
  await using connected = emmett && (await emmettOnSqlite(emmett, 'one connection'));
  const memory = emmettInMemory();
  const ours = new EventStore(client);
  const withFeed = new EventStore(client, { prefix: 'with-feed', feed });
  const streamOf = (caller: number): string => (streams === 'one stream' ? 'account-0' : `account-${caller}`);
  const contenders: Contenders = {
    'ours: EventStore.append': (caller) => ours.append(streamOf(caller), [event]),
    'ours, published to a feed': (caller) => withFeed.append(streamOf(caller), [event]),
    ...(sqlite && { 'emmett, SQLite': (caller: number) => sqlite.append(streamOf(caller), [event]) }),
    ...(connected && {
      'emmett, SQLite, one connection': (caller: number) => connected.append(streamOf(caller), [event]),
    }),
    'emmett in memory, keeps nothing': (caller) => memory.append(streamOf(caller), [event]),
  };
  return compare(
    `Appends of one event, ${inFlight} in flight, ${streams}`,
    'appends/s',
    'more',
    await loopFigures(contenders, inFlight, durationMs),
  );
}
