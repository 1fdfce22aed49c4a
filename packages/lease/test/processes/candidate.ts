import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@norikv/embedded';
import { errorCode } from '@norikv/store';
import { createLeases, fencedPut, type Lease } from '../../src/index.js';
import { times, writeEveryMs } from './times.js';

// A process that takes part in an election over the store in the folder it is given, and writes down what
// happens to it, one JSON object a line.
const [path, owner = ''] = process.argv.slice(2);

function log(kind: string, token?: bigint, takenFrom?: string): void {
  process.stdout.write(
    `${JSON.stringify({ at: Date.now(), owner, kind, token: Number(token), takenFrom })}\n`,
  );
}

const store = await openEmbedded({ path });
const leases = createLeases(store, {
  ...times,
  owner,
  onEvent(event) {
    const token = 'token' in event ? event.token : undefined;
    log(event.kind, token, 'takenFrom' in event ? event.takenFrom : undefined);
  },
});

/** Does not look whether it still leads: that is what the fence is for. */
async function lead({ token, lost }: Lease): Promise<void> {
  let isOver = false;
  void lost.then(() => {
    isOver = true;
  });
  try {
    for (let writes = 1; !isOver; writes += 1) {
      await fencedPut(store, 'state', `${owner} ${writes}`, token);
      log('wrote', token);
      await sleep(writeEveryMs);
    }
    await fencedPut(store, 'state', `${owner} late`, token);
    log('wrote', token);
  } catch (error) {
    if (errorCode(error) !== 'STALE_TOKEN') throw error;
    log('refused', token);
  }
}

const election = leases.elect('x', { lead });
await election.ready;
log('ready');
process.on('SIGTERM', async () => {
  await election.stop();
  await store.close();
});
