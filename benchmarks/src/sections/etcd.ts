import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { DistributedCounter } from '@norikv/counter';
import { openEtcd } from '@norikv/etcd';
import { InventoryManager } from '@norikv/inventory';
import type { KvStore } from '@norikv/store';
import type { Etcd3 } from 'etcd3';
import { type EtcdCluster, startEtcdCluster } from '../contenders/etcd-cluster.js';
import { loopFigures } from '../loop-figures.js';
import { compare, type Figure, type Row } from '../row.js';
import type { EtcdReport, EtcdTask, EtcdWork } from './etcd-worker.js';

const value = 'x'.repeat(100);
const hotCallers = 128;
const callersPerProcess = 32;
const mostProcesses = 8;
const worker = fileURLToPath(new URL('./etcd-worker.js', import.meta.url)).replace(/\.js$/, '.ts');

/** The store on etcd: beside bare calls, on one hot key, and from several processes on three members. */
export async function etcd(durationMs: number): Promise<Row[]> {
  const rows = await onOneMember(durationMs);
  return [...rows, ...(await onThreeMembers(durationMs))];
}

async function onOneMember(durationMs: number): Promise<Row[]> {
  await using cluster = await startEtcdCluster(1);
  if (cluster === undefined) return [];
  await using store = await openEtcd({ hosts: cluster.hosts });
  const rows: Row[] = [];
  for (const inFlight of [1, 16, 128]) {
    rows.push(...(await gets(store, cluster.bare, inFlight, durationMs)));
    rows.push(...(await conditionalPuts(store, cluster.bare, inFlight, durationMs)));
  }
  return [...rows, ...(await hotKey(store, cluster, durationMs))];
}

async function gets(store: KvStore, bare: Etcd3, inFlight: number, durationMs: number): Promise<Row[]> {
  await Promise.all([store.put('read', value), bare.put('read').value(value)]);
  const contenders = {
    'ours: openEtcd, get': () => store.get('read'),
    'bare etcd3, get': () => bare.get('read').buffer(),
  };
  const figures = await loopFigures(contenders, inFlight, durationMs);
  return compare(`etcd, one member: reads, ${inFlight} in flight`, 'reads/s', 'more', figures);
}

/** Each caller has a key of its own, so every condition holds. */
async function conditionalPuts(
  store: KvStore,
  bare: Etcd3,
  inFlight: number,
  durationMs: number,
): Promise<Row[]> {
  const callers = Array.from({ length: inFlight }, (_, caller) => `cas ${caller}`);
  const versions = await Promise.all(callers.map((key) => store.put(key, value)));
  const revisions = await Promise.all(
    callers.map(async (key) => (await bare.put(key).value(value)).header.revision),
  );
  const contenders = {
    'ours: openEtcd, put on a version': async (caller: number) => {
      const ifMatchVersion = versions[caller];
      versions[caller] = await store.put(`cas ${caller}`, value, { ifMatchVersion });
    },
    'bare etcd3, transaction on a revision': async (caller: number) => {
      const key = `cas ${caller}`;
      const answer = await bare
        .if(key, 'Mod', '==', Number(revisions[caller]))
        .then(bare.put(key).value(value))
        .else(bare.get(key))
        .commit();
      if (!answer.succeeded) throw new Error('lost a race with nobody');
      revisions[caller] = answer.header.revision;
    },
  };
  const figures = await loopFigures(contenders, inFlight, durationMs);
  return compare(`etcd, one member: compare-and-swap, ${inFlight} in flight`, 'puts/s', 'more', figures);
}

async function hotKey(store: KvStore, { bare }: EtcdCluster, durationMs: number): Promise<Row[]> {
  const counter = new DistributedCounter(store, 'hot');
  await bare.put('plain').value('0');
  const contenders = {
    'ours: DistributedCounter.add': () => counter.add(1),
    'bare etcd3, plain get + transaction': () => plainIncrement(bare),
  };
  const figures = await loopFigures(contenders, hotCallers, durationMs);
  return compare(`etcd, one member: one hot key, ${hotCallers} callers`, 'increments/s', 'more', figures);
}

/** One turn of the loop everybody writes first: a lost race counts as a failure, and the caller begins anew. */
async function plainIncrement(bare: Etcd3): Promise<void> {
  const { kvs } = await bare.get('plain').exec();
  const [entry] = kvs;
  const { succeeded } = await bare
    .if('plain', 'Mod', '==', Number(entry?.mod_revision))
    .then(bare.put('plain').value(String(Number(entry?.value) + 1)))
    .commit();
  if (!succeeded) throw new Error('lost the race');
}

async function onThreeMembers(durationMs: number): Promise<Row[]> {
  await using cluster = await startEtcdCluster(3);
  if (cluster === undefined) return [];
  await using store = await openEtcd({ hosts: cluster.hosts });
  await new InventoryManager(store).createItem('sku', 1_000_000_000);
  await store.put('naive', '0');
  const rows: Row[] = [];
  const children = await Promise.all(Array.from({ length: mostProcesses }, () => startWorker(cluster.hosts)));
  for (const processes of [1, 2, 4, mostProcesses]) {
    const section = `etcd, three members: ${processes} processes of ${callersPerProcess} callers`;
    const figureOf = async (work: EtcdWork): Promise<Figure> => {
      const reports = await race(children.slice(0, processes), work, durationMs);
      const failed = sum(reports.map((report) => report.failed));
      const note = failed > 0 ? `${failed} lost races` : '';
      return { contender: contenders[work], value: sum(reports.map((report) => report.perSecond)), note };
    };
    const [counter, naive] = [await figureOf('counter'), await figureOf('naive')];
    rows.push(...compare(section, 'operations/s', 'more', [counter, naive]));
    for (const work of ['inventory', 'rate-limit', 'events'] as const) {
      const { contender, value, note = '' } = await figureOf(work);
      rows.push({ section, contender, value, unit: 'operations/s', oursIsBetterBy: undefined, note });
    }
  }
  for (const child of children) child.disconnect();
  return rows;
}

const contenders: Readonly<Record<EtcdWork, string>> = {
  counter: 'ours: DistributedCounter.add, one key',
  naive: 'plain get + put loop, one key',
  inventory: 'ours: InventoryManager.adjust, one item',
  'rate-limit': 'ours: RateLimiter.checkLimit, one client',
  events: 'ours: EventStore.append, 32 streams',
};

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

async function startWorker(hosts: readonly string[]): Promise<ChildProcess> {
  const child = fork(worker, [JSON.stringify(hosts)], { execArgv: process.execArgv });
  await once(child, 'message');
  return child;
}

async function race(
  children: readonly ChildProcess[],
  work: EtcdWork,
  durationMs: number,
): Promise<EtcdReport[]> {
  const task: EtcdTask = { work, callers: callersPerProcess, durationMs };
  return Promise.all(
    children.map(async (child) => {
      child.send(task);
      const [report] = (await once(child, 'message')) as [EtcdReport];
      return report;
    }),
  );
}
