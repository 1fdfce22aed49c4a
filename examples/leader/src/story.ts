import { setTimeout as sleep } from 'node:timers/promises';
import type { Group } from './group.js';

/** What the story needs: a group, the time of its lease, and somebody to tell it to. */
export interface Stage {
  readonly group: Group;
  readonly ttlMs: number;
  readonly say: (line: string) => void;
  /** Milliseconds since the start. */
  readonly now: () => number;
}

/** Everything that can end a leadership, one after the other. */
export async function tellStory({ group, ttlMs, say, now }: Stage): Promise<void> {
  const lead = group.nextLeader();
  await Promise.all(['a', 'b', 'c'].map((owner) => group.start(owner)));
  let { owner, token } = await lead;
  say(`${owner} leads, with token ${token}.`);

  /** Does something to the leader, and waits for its successor. */
  const replace = async (deed: string, act: (leader: string) => void): Promise<string> => {
    await sleep(ttlMs / 2);
    // Far from the next renewal, and a moment after an entry: nothing is on its way to the store.
    await group.next(({ kind }) => kind === 'renewed');
    await group.next(({ kind }) => kind === 'wrote');
    const [former, since, next] = [owner, now(), group.nextLeader()];
    act(former);
    say(`${former} ${deed}.`);
    ({ owner, token } = await next);
    say(`${owner} leads, with token ${token}, ${((now() - since) / 1_000).toFixed(2)} s later.`);
    return former;
  };

  const killed = await replace('is killed (SIGKILL)', (leader) => group.signal(leader, 'SIGKILL'));
  await group.start(killed);
  say(`${killed} is back, as a standby.`);

  if (process.platform !== 'win32') {
    const deed = 'is made to stand still (SIGSTOP), and does not know it';
    const stopped = await replace(deed, (leader) => group.standStill(leader));
    const refusal = group.next(({ owner: who, kind }) => who === stopped && kind === 'refused');
    group.signal(stopped, 'SIGCONT');
    say(`${stopped} wakes up (SIGCONT), and goes on with what it was about to do.`);
    const { token: stale } = await refusal;
    say(`Its write is refused: token ${stale} is older than ${token}.`);
  }

  await replace('leaves in good order (SIGTERM)', (leader) => group.signal(leader, 'SIGTERM'));
  await sleep(ttlMs / 2);
}
