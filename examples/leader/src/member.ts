import { setTimeout as sleep } from 'node:timers/promises';
import { openEmbedded } from '@norikv/embedded';
import { createLeases, type Lease } from '@norikv/lease';
import { errorCode } from '@norikv/store';
import { openJournal } from './journal.js';

/** What a member of the group tells its parent. */
export interface Report {
  readonly kind: 'ready' | 'leads' | 'renewed' | 'wrote' | 'refused' | 'ended';
  /** The token under which it leads or led; 0 before. */
  readonly token: number;
}

const [folder = '', owner = '', ttlMs = ''] = process.argv.slice(2);
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches every process of a terminal; the parent decides what becomes of its members.
process.on('SIGINT', () => {});
// It stops itself, because that may not happen in the middle of a commit: there it would hold up all others.
let mustStandStill = false;
process.on('message', () => {
  mustStandStill = true;
});

const store = await openEmbedded({ path: folder });
const leases = createLeases(store, {
  owner,
  ttlMs: Number(ttlMs),
  onEvent: (event) => event.kind === 'renewed' && tell('renewed', event.token),
});
const election = leases.elect('journal', { lead });
process.once('SIGTERM', async () => {
  await election.stop();
  await store.close();
  process.disconnect();
});
await election.ready;
tell('ready');

/** The work of the leader: an entry every 150 ms, for as long as it leads. */
async function lead(lease: Lease): Promise<void> {
  try {
    const journal = await openJournal(store, lease.token);
    tell('leads', lease.token);
    // A process that is stopped between the question and the entry still believes that it leads: hence the fence.
    while (lease.isHeld()) {
      await sleep(150);
      if (mustStandStill) standStill();
      await journal.append();
      tell('wrote', lease.token);
    }
    tell('ended', lease.token);
  } catch (error) {
    if (errorCode(error) !== 'STALE_TOKEN') throw error;
    tell('refused', lease.token);
  }
}

function standStill(): void {
  mustStandStill = false;
  process.kill(process.pid, 'SIGSTOP');
}

function tell(kind: Report['kind'], token = 0n): void {
  process.send?.({ kind, token: Number(token) } satisfies Report);
}
