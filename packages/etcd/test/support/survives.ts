import { createUpdater, jsonCodec } from '@norikv/cas-retry';
import { bytesToString } from '@norikv/store';
import { checkLinearizability } from '@norikv/testkit';
import { expect } from 'vitest';
import { openEtcd } from '../../src/index.js';
import type { TestCluster } from './etcd.js';
import { historyOf, type LoadLine, LoadProcess, machineMicros } from './load.js';

/** How long the load goes on after each fault. Longer by hand: NORIKV_FAULT_BUDGET_SECONDS. */
export const afterMs: number = 1_000 * Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 4);
const beforeMs = 1_000;
const processes = 3;
/**
 * How long every client may take to work again by itself once the cluster has a leader. Stated are 10 s; a busy machine
 * may take longer. Stricter by hand: NORIKV_RECOVERY_SECONDS.
 */
const recoveryMs = 1_000 * Number(process.env.NORIKV_RECOVERY_SECONDS ?? 60);
/** Fewer would say little about linearizability. */
const leastOperations = 100;

let runs = 0;

/**
 * Puts a cluster under load from several processes while something is done to it. Afterwards every client has to work
 * again by itself, what all of them saw has to be linearizable, and nothing acknowledged may be lost.
 */
export async function survives(cluster: TestCluster, fault: () => Promise<void>): Promise<void> {
  const prefix = `failures ${++runs}`;
  const startMs = Math.floor(machineMicros() / 1_000);
  const names = Array.from({ length: processes }, (_, place) => `p${place}`);
  const clients = names.map((name) => new LoadProcess({ hosts: cluster.hosts, name, prefix, startMs }));
  await Promise.all(clients.map((client) => client.ready()));
  await pause(beforeMs);
  await fault();
  await cluster.leader();
  const servesAgainMs = Math.floor(machineMicros() / 1_000);
  await pause(afterMs);
  for (const { lines } of clients) {
    for (
      let waitedMs = afterMs;
      !worksAfter(lines, servesAgainMs) && waitedMs < recoveryMs;
      waitedMs += 100
    ) {
      await pause(100);
    }
    expect(worksAfter(lines, servesAgainMs), 'the client works again').toBe(true);
  }
  const operations = (): number => operationsIn(clients.map(({ lines }) => lines));
  for (let waitedMs = 0; operations() <= leastOperations && waitedMs < recoveryMs; waitedMs += 100) {
    await pause(100);
  }
  const reports = await Promise.all(clients.map((client) => client.stop()));
  describeRun(expect.getState().currentTestName, reports, servesAgainMs);

  const history = reports.flatMap(historyOf).sort((left, right) => left.invokedAt - right.invokedAt);
  expect(history.length).toBeGreaterThan(leastOperations);
  const verdict = checkLinearizability(history);
  expect(verdict.ok ? '' : verdict.explanation).toBe('');

  // Thousands of reads at once, all of them with one deadline.
  await using store = await openEtcd({ hosts: cluster.hosts, prefix, timeoutMs: 120_000 });
  const lines = reports.flat();
  const kept = lines.flatMap((line) => (line.kind === 'kept' ? [line.key] : []));
  const values = await Promise.all(kept.map(async (key) => bytesToString((await store.get(key)).value)));
  expect(values).toEqual(kept);

  const counted = lines.flatMap((line) => (line.kind === 'counted' ? [line] : []));
  const acknowledged = sum(counted.map((line) => line.acknowledged));
  const unknown = sum(counted.map((line) => line.unknown));
  const total = await createUpdater(store).read('counter', jsonCodec(Number));
  expect(counted).toHaveLength(processes);
  expect(total).toBeGreaterThanOrEqual(acknowledged);
  expect(total).toBeLessThanOrEqual(acknowledged + unknown);
}

function worksAfter(lines: readonly LoadLine[], atMs: number): boolean {
  return lines.some((line) => line.kind === 'kept' && line.atMs > atMs);
}

function operationsIn(reports: readonly (readonly LoadLine[])[]): number {
  return reports.flat().filter((line) => line.kind === 'operation').length;
}

/** For whoever wants to know how long the gap was: NORIKV_FAULT_REPORT=1. */
function describeRun(
  name: string | undefined,
  reports: readonly (readonly LoadLine[])[],
  servesAgainMs: number,
): void {
  if (process.env.NORIKV_FAULT_REPORT !== '1') return;
  const gaps = reports.map((lines) => {
    const times = lines.flatMap((line) => (line.kind === 'kept' ? [line.atMs] : []));
    const longest = Math.max(...times.slice(1).map((time, place) => time - (times[place] ?? time)));
    const first = times.find((time) => time > servesAgainMs) ?? Number.NaN;
    return `longest gap ${longest} ms, first ${first - servesAgainMs} ms after a leader was seen`;
  });
  const failures = new Map<string, number>();
  for (const line of reports.flat()) {
    if (line.kind !== 'failed') continue;
    const failure = `${line.code} ${line.outcome}`;
    failures.set(failure, (failures.get(failure) ?? 0) + 1);
  }
  const operations = operationsIn(reports);
  process.stderr.write(
    `${name}: ${operations} operations; ${gaps.join('; ')}; ${JSON.stringify([...failures])}\n`,
  );
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
