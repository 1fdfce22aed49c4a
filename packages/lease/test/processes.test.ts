import { describe, expect, it } from 'vitest';
import { Group, type LogLine } from './processes/group.js';
import { failoverMs, times } from './processes/times.js';

const owners = ['a', 'b', 'c'];

/** Who acquired which epoch: one owner each, in the order of time. */
function expectOneLeaderPerEpoch(log: readonly LogLine[]): void {
  const acquired = log.filter(({ kind }) => kind === 'acquired').sort((one, other) => one.at - other.at);
  const epochs = acquired.map(({ token }) => token);
  expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => Number(one) - Number(other)));
}

/** Starts everybody and waits until one leads, has just renewed, and is between two writes. */
async function startLeader(group: Group): Promise<string> {
  for (const owner of owners) group.start(owner);
  const { owner } = await group.next(({ kind }) => kind === 'renewed');
  const seen = group.log.length;
  await Promise.all(owners.map((each) => group.next((line) => line.owner === each && line.kind === 'ready')));
  await group.next(({ kind }) => kind === 'renewed', seen);
  await group.next(({ kind }) => kind === 'wrote', group.log.length);
  return owner;
}

// Scenarios 49 and 59 of scenarios.md: several processes over one folder of the embedded store.
describe.skipIf(process.platform === 'win32')('49, 59: three processes', () => {
  it('replace a leader that is killed, in time', { timeout: 60_000 }, async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const killedAt = Date.now();
    group.kill(leader, 'SIGKILL');
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired');
    expect(next.at - killedAt).toBeLessThanOrEqual(failoverMs);
    expect(next.at - killedAt).toBeGreaterThan(times.ttlMs / 2);
    group.start(leader);
    await group.next(({ owner, kind }) => owner === leader && kind === 'ready', group.log.length);
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });

  it('replace a leader that stands still, whose late write is refused when it wakes up', {
    timeout: 60_000,
  }, async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const stoppedAt = Date.now();
    group.kill(leader, 'SIGSTOP');
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired');
    expect(next.at - stoppedAt).toBeLessThanOrEqual(failoverMs);
    await group.next(({ owner, kind }) => owner === next.owner && kind === 'wrote');
    const seen = group.log.length;
    group.kill(leader, 'SIGCONT');
    await group.next(({ owner, kind }) => owner === leader && kind === 'refused', seen);
    await group.next(({ owner, kind }) => owner === leader && kind === 'lost', seen);
    const wroteLate = group.log.slice(seen).filter(({ owner, kind }) => owner === leader && kind === 'wrote');
    expect(wroteLate.filter(({ at }) => at > next.at + 1)).toEqual([]);
    await group.next(({ owner, kind }) => owner === next.owner && kind === 'renewed', seen);
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });

  it('hand over within one look when the leader leaves', { timeout: 60_000 }, async () => {
    await using group = new Group();
    const leader = await startLeader(group);
    const seen = group.log.length;
    group.kill(leader, 'SIGTERM');
    const { at } = await group.next(({ owner, kind }) => owner === leader && kind === 'released', seen);
    const next = await group.next(({ owner, kind }) => owner !== leader && kind === 'acquired', seen);
    expect(next.at - at).toBeLessThanOrEqual(failoverMs - times.ttlMs);
    await group.stop();
    expectOneLeaderPerEpoch(group.log);
  });
});
