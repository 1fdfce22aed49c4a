import { DistributedCounter } from '@norikv/counter';
import { isVersionMismatch, type KvStore } from '@norikv/store';
import { type EtcdPeer, startEtcd } from '../contenders/etcd-server.js';
import { type NorikvPeer, startNorikv } from '../contenders/norikv-server.js';
import { type RedisPeer, startRedis } from '../contenders/redis.js';
import { loopFigures } from '../loop-figures.js';
import { compare, type Row } from '../row.js';

const connections = 4;
const value = 'x'.repeat(100);
const hotCallers = 128;

/** Compare-and-swap in Redis: a hash of version and value, changed by a script in one step. */
const casScript = `
local version = redis.call('HGET', KEYS[1], 'version') or '0'
if version ~= ARGV[1] then return false end
local next = redis.call('INCR', 'versions')
redis.call('HSET', KEYS[1], 'version', next, 'value', ARGV[2])
return next`;

/** Calls through a server, beside those of etcd and Redis, each server in a process of its own. */
export async function wire(durationMs: number): Promise<Row[]> {
  await using ours = await startNorikv(connections);
  await using etcd = await startEtcd();
  await using redis = await startRedis('flushed');
  const rows: Row[] = [];
  for (const inFlight of [1, 16, 128]) {
    rows.push(...(await reads(ours, etcd, redis, inFlight, durationMs)));
    rows.push(...(await conditionalPuts(ours, etcd, redis, inFlight, durationMs)));
  }
  rows.push(...(await hotKey(ours.client, etcd, redis, durationMs)));
  return rows;
}

async function reads(
  { client, single }: NorikvPeer,
  etcd: EtcdPeer | undefined,
  redis: RedisPeer | undefined,
  inFlight: number,
  durationMs: number,
): Promise<Row[]> {
  await Promise.all([
    client.put('read', value),
    etcd?.client.put('read').value(value),
    redis?.client.set('read', value),
  ]);
  const contenders = {
    'ours: NoriKVClient.get': () => client.get('read'),
    'NoriKVClient.get, one connection': () => single.get('read'),
    ...(etcd && { 'etcd through etcd3, get': async () => etcd.client.get('read') }),
    ...(redis && { 'Redis GET through ioredis, flushed': () => redis.client.get('read') }),
  };
  const figures = await loopFigures(contenders, inFlight, durationMs);
  return compare(`Reads through a server, ${inFlight} in flight`, 'reads/s', 'more', figures);
}

/** Each caller has a key of its own, so every condition holds. */
async function conditionalPuts(
  { client, single }: NorikvPeer,
  etcd: EtcdPeer | undefined,
  redis: RedisPeer | undefined,
  inFlight: number,
  durationMs: number,
): Promise<Row[]> {
  const callers = Array.from({ length: inFlight }, (_, caller) => `cas ${inFlight} ${caller}`);
  const versions = await Promise.all(callers.map((key) => client.put(key, value)));
  const revisions = callers.map(() => '0');
  const redisVersions = callers.map(() => '0');
  const keyOf = (caller: number): string => callers[caller] ?? '';
  const contenders = {
    'ours: NoriKVClient.put with a version': async (caller: number) => {
      versions[caller] = await client.put(keyOf(caller), value, { ifMatchVersion: versions[caller] });
    },
    'NoriKVClient.put with a version, one connection': async (caller: number) => {
      versions[caller] = await single.put(keyOf(caller), value, { ifMatchVersion: versions[caller] });
    },
    ...(etcd && {
      'etcd through etcd3, transaction': async (caller: number) => {
        const key = keyOf(caller);
        const put = etcd.client.put(key).value(value);
        const revision = revisions[caller] ?? '0';
        const { succeeded, header } = await etcd.client.if(key, 'Mod', '==', revision).then(put).commit();
        if (!succeeded) throw new Error('the condition did not hold');
        revisions[caller] = header.revision;
      },
    }),
    ...(redis && {
      'Redis script through ioredis, flushed': async (caller: number) => {
        const before = redisVersions[caller] ?? '0';
        const next = await redis.client.eval(casScript, 1, keyOf(caller), before, value);
        if (next === null) throw new Error('the condition did not hold');
        redisVersions[caller] = String(next);
      },
    }),
  };
  const figures = await loopFigures(contenders, inFlight, durationMs);
  return compare(`Conditional puts through a server, ${inFlight} in flight`, 'puts/s', 'more', figures);
}

async function hotKey(
  client: KvStore,
  etcd: EtcdPeer | undefined,
  redis: RedisPeer | undefined,
  durationMs: number,
): Promise<Row[]> {
  const counter = new DistributedCounter(client, 'hot');
  await client.put('hot plain', '0');
  await etcd?.client.put('hot').value('0');
  const contenders = {
    'ours: DistributedCounter.add through a server': () => counter.add(1),
    'plain get and put in a loop, same server': () => increment(client, 'hot plain'),
    ...(etcd && { 'plain get and transaction in a loop, etcd3': () => etcdIncrement(etcd, 'hot') }),
    ...(redis && { 'Redis INCR through ioredis, flushed': () => redis.client.incr('hot') }),
  };
  const figures = await loopFigures(contenders, hotCallers, durationMs);
  return compare(`One hot key through a server, ${hotCallers} in flight`, 'increments/s', 'more', figures);
}

async function increment(store: KvStore, key: string): Promise<void> {
  for (;;) {
    const entry = await store.get(key);
    const next = Number(Buffer.from(entry.value).toString()) + 1;
    try {
      await store.put(key, `${next}`, { ifMatchVersion: entry.version });
      return;
    } catch (error) {
      if (!isVersionMismatch(error)) throw error;
    }
  }
}

async function etcdIncrement({ client }: EtcdPeer, key: string): Promise<void> {
  for (;;) {
    const { kvs } = await client.get(key).exec();
    const [entry] = kvs;
    if (!entry) throw new Error('the counter is gone');
    const put = client.put(key).value(`${Number(entry.value.toString()) + 1}`);
    const { succeeded } = await client.if(key, 'Mod', '==', entry.mod_revision).then(put).commit();
    if (succeeded) return;
  }
}
