import { describe, expect, it } from 'vitest';
import { Group, type LogLine } from './processes/group.js';
import { times } from './processes/times.js';

const owners = ['a', 'b', 'c'];

/** Who acquired which epoch: one owner each, in the order of time. */
function expectOneLeaderPerEpoch(log: readonly LogLine[]): void {
  const acquired = log.filter(({ kind }) => kind === 'acquired').sort((one, other) => one.at - other.at);
  const epochs = acquired.map(({ token }) => token);
  expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => Number(one) - Number(other)));
}

/** Starts everybody and waits until the one that leads has just renewed, and is between two writes. */
async function startLeader(group: Group): Promise<string> {
  for (const owner of owners) group.start(owner);
  await Promise.all(owners.map((each) => group.next((line) => line.owner === each && line.kind === 'ready')));
  const { owner } = await group.next(({ kind }) => kind === 'renewed', group.log.length);
  await group.next((line) => line.owner === owner && line.kind === 'wrote', group.log.length);
  return owner;
}

// Scenarios 49 and 59 of scenarios.md: several processes over one folder of the embedded store. How long a takeover
// may last is tested in virtual time: here it depends on what else the machine does.
describe.skipIf(process.platform === 'win32')('49, 59: three processes', { timeout: 600_000 }, () => {
  it('replace a leader that is killed, after its time', async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const seen = group.log.length;
    group.kill(leader, 'SIGKILL');
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired', seen);
    expect(next.takenFrom).toBe(leader);
    const renewed = group.log.findLast(({ owner, kind }) => owner === leader && kind === 'renewed');
    expect(next.at - (renewed?.at ?? Number.NaN)).toBeGreaterThan(times.ttlMs / 2);
    group.start(leader);
    await group.next(({ owner, kind }) => owner === leader && kind === 'ready', group.log.length);
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });

  it('replace a leader that stands still, whose late write is refused when it wakes up', async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const stopped = group.log.length;
    group.kill(leader, 'SIGUSR2');
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired', stopped);
    expect(next.takenFrom).toBe(leader);
    await group.next(({ owner, kind }) => owner === next.owner && kind === 'wrote', stopped);
    const seen = group.log.length;
    group.kill(leader, 'SIGCONT');
    await group.next(({ owner, kind }) => owner === leader && kind === 'refused', seen);
    await group.next(({ owner, kind }) => owner === leader && kind === 'lost', seen);
    const wroteLate = group.log.slice(seen).filter(({ owner, kind }) => owner === leader && kind === 'wrote');
    expect(wroteLate).toEqual([]);
    await group.next(({ owner, kind }) => owner === next.owner && kind === 'renewed', seen);
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });

  it('hand over when the leader leaves, before its time is up', async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const seen = group.log.length;
    group.kill(leader, 'SIGTERM');
    await group.next(({ owner, kind }) => owner === leader && kind === 'released', seen);
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired', seen);
    expect(next).not.toHaveProperty('takenFrom');
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });
});
