import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@norikv/embedded';
import { errorCode } from '@norikv/store';
import { createLeases, fencedPut, type Lease } from '../../src/index.js';
import { times, writeEveryMs } from './times.js';

// A process that takes part in an election over the store in the folder it is given, and writes down what
// happens to it, one JSON object a line.
const [path = '', owner = ''] = process.argv.slice(2);

function log(kind: string, token?: bigint, takenFrom?: string): void {
  process.stdout.write(
    `${JSON.stringify({ at: Date.now(), owner, kind, token: Number(token), takenFrom })}\n`,
  );
}

/** Whether it was asked to stand still, and whether it has renewed since. */
let isToStand = false;
let hasRenewed = false;
process.on('SIGUSR2', () => {
  isToStand = true;
  hasRenewed = false;
});

/** Stands still until it is woken up. Between two writes: if it held the lock of the store, all would stand still. */
function standStillIfAsked(): void {
  if (!isToStand || !hasRenewed) return;
  isToStand = false;
  process.kill(process.pid, 'SIGSTOP');
}

const store = await openEmbedded({ path });
const leases = createLeases(store, {
  ...times,
  owner,
  onEvent(event) {
    const token = 'token' in event ? event.token : undefined;
    if (event.kind === 'renewed') hasRenewed = true;
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
      standStillIfAsked();
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
