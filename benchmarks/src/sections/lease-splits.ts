import { LeaderElection } from '@norikv/lease';
import { createMemoryStore } from '@norikv/testkit';
import { seedTryAcquire } from '../contenders/seed-election.js';
import { mistakes, type Row } from '../row.js';

const elections = 20;
const nodes = ['node-1', 'node-2', 'node-3'];
const ttlMs = 10_000;

/** Elections that end with two leaders, on a store that does nothing wrong. */
export async function leaseSplits(): Promise<Row[]> {
  const store = createMemoryStore({ latencyMs: 2, capabilities: { durableAck: true } });
  const names = Array.from({ length: elections }, (_, number) => `election-${number}`);
  const ours = names.map(async (name) => {
    const candidates = nodes.map((node) => new LeaderElection(store, name, node, ttlMs));
    await Promise.all(candidates.map((candidate) => candidate.start()));
    const leaders = candidates.filter((candidate) => candidate.getIsLeader());
    await Promise.all(candidates.map((candidate) => candidate.stop()));
    return leaders.length;
  });
  const seed = names.map(async (name) => {
    const outcomes = nodes.map((node) => seedTryAcquire(store, `seed:${name}`, node, ttlMs));
    return (await Promise.all(outcomes)).filter((isLeader) => isLeader).length;
  });
  const splits = (leaders: readonly number[]): number => leaders.filter((count) => count > 1).length;
  return mistakes(
    `Elections of ${nodes.length} nodes with two leaders, of ${elections}`,
    'with two leaders',
    [
      { contender: 'ours: LeaderElection', value: splits(await Promise.all(ours)) },
      { contender: 'the documentation’s LeaderElection', value: splits(await Promise.all(seed)) },
    ],
  );
}
