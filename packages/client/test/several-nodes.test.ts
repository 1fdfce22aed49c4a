import { status } from '@grpc/grpc-js';
import { type Clock, systemClock } from '@norikv/store';
import { expect, it } from 'vitest';
import { Cluster } from '../src/cluster.js';
import { settingsOf } from '../src/config.js';
import { NoriKVClient } from '../src/index.js';
import type { Node } from '../src/node.js';
import { decode, encode, methods, watchCluster } from '../src/wire.js';
import { failure } from './support/clients.js';
import { FaultyNetwork } from './support/network.js';
import { RawServer } from './support/raw-server.js';

const described = { engine: 'a double', ttl: 'exact', idempotency: 'durable', atomicCas: true };
const version = { term: 1n, index: 1n };

async function double(description: object = described): Promise<RawServer> {
  return new RawServer()
    .answer(methods.describe, () => description)
    .answer(methods.get, () => ({ version }))
    .listen();
}

function portOf({ address }: RawServer): number {
  return Number(address.split(':')[1]);
}

it('a node that swallows bytes is not waited for while another answers', async () => {
  await using first = await double();
  await using second = await double();
  await using network = await FaultyNetwork.to(portOf(first));
  network.weather = 'black hole';
  const nodes = [network.address, second.address];
  await using client = new NoriKVClient({ nodes, watchCluster: false });
  await client.connect();
  for (let key = 0; key < 3; key++) expect(await client.get(`${key}`)).toMatchObject({ version });
});

it('calls made before connect connect by themselves, and ask once for each connection', async () => {
  await using server = await double();
  await using client = new NoriKVClient({
    nodes: [server.address],
    maxConnectionsPerNode: 1,
    watchCluster: false,
  });
  expect(await Promise.all(Array.from({ length: 5 }, (_, key) => client.find(`${key}`)))).toHaveLength(5);
  expect(server.calls.filter((path) => path === methods.describe.path)).toHaveLength(1);
});

/** A clock that counts its timers: a call that finds a node ready waits for nothing. */
function countingClock(): Clock & { readonly timers: () => number } {
  let timers = 0;
  return {
    ...systemClock,
    startTimer(callback, delayMs) {
      timers += 1;
      return systemClock.startTimer(callback, delayMs);
    },
    timers: () => timers,
  };
}

it('a node that swallows bytes is waited for once, and not by each call', async () => {
  await using first = await double();
  await using second = await double();
  await using network = await FaultyNetwork.to(portOf(first));
  network.weather = 'black hole';
  const clock = countingClock();
  const nodes = [network.address, second.address];
  await using client = new NoriKVClient({ nodes, watchCluster: false, clock, timeout: 60_000 });
  await client.connect();
  await client.get('first');
  const before = clock.timers();
  await client.get('second');
  expect(clock.timers()).toBe(before);
});

it('nodes that do not answer are waited for in turn, until one does', async () => {
  await using mute = await new RawServer().answer(methods.describe, () => 'silence').listen();
  await using late = await double();
  await using network = await FaultyNetwork.to(portOf(late));
  network.isDown = true;
  let waits = 0;
  const clock: Clock = {
    ...systemClock,
    startTimer(callback, delayMs) {
      const isOfNode = delayMs > 400 && delayMs <= 500;
      if (isOfNode) waits += 1;
      // Both have been waited for twice.
      if (waits > 4) network.isDown = false;
      return systemClock.startTimer(callback, isOfNode ? 20 : delayMs);
    },
  };
  const nodes = [mute.address, network.address];
  await using client = new NoriKVClient({ nodes, watchCluster: false, clock, timeout: 20_000 });
  expect(await client.get('key')).toMatchObject({ version });
});

it('a node that has served and is gone is soon waited for no more', async () => {
  const clock = countingClock();
  const first = await double();
  await using second = await double();
  const nodes = [first.address, second.address];
  await using client = new NoriKVClient({ nodes, watchCluster: false, clock });
  await client.connect();
  await expect.poll(() => client.getStats().nodes.every(({ ready }) => ready === 2)).toBe(true);
  await first[Symbol.asyncDispose]();
  const timersOfACall = async (): Promise<number> => {
    const before = clock.timers();
    await client.get('key');
    return clock.timers() - before;
  };
  await expect.poll(timersOfACall).toBe(0);
});

it('all connections to a server that starts again are made again, and it is asked anew', async () => {
  const before = await double({ ...described, idempotency: 'none' });
  await using after = await double();
  await using network = await FaultyNetwork.to(portOf(before));
  await using client = new NoriKVClient({ nodes: [network.address], watchCluster: false, timeout: 30_000 });
  await client.connect();
  await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(2);
  expect(client.capabilities?.idempotency).toBe('none');
  network.target = portOf(after);
  await before[Symbol.asyncDispose]();
  const readyAfterACall = async (): Promise<number | undefined> => {
    await client.get('key');
    return client.getStats().nodes[0]?.ready;
  };
  await expect.poll(readyAfterACall).toBe(2);
  expect(client.capabilities?.idempotency).toBe('durable');
});

it('leaders that had one address after another make room for the last one', () => {
  const configured = ['127.0.0.1:1', '127.0.0.1:2'];
  const cluster = new Cluster(settingsOf({ nodes: configured }));
  for (let port = 3; port <= 200; port++) {
    cluster.learnLeader(0, `127.0.0.1:${port}`);
    expect(cluster.nodeFor(() => 0, new Set()).address).toBe(`127.0.0.1:${port}`);
  }
  const addresses = cluster.nodes.map(({ address }) => address);
  expect(addresses).toHaveLength(64);
  expect(addresses.slice(0, 2)).toEqual(configured);
  const many = Array.from({ length: 70 }, (_, place) => `127.0.0.1:${place + 1}`);
  const full = new Cluster(settingsOf({ nodes: many }));
  full.learnLeader(0, '127.0.0.1:99');
  expect(full.nodes).toHaveLength(70);
});

it('the leader is who is said to be it last, and not again who has been tried', () => {
  const [first = '', second = '', third = ''] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const cluster = new Cluster(settingsOf({ nodes: [first, second, third], totalShards: 1 }));
  const leader = (tried: readonly Node[] = []): Node => cluster.nodeFor(() => 0, new Set(tried));
  const view = (addr: string): void => {
    const shards = [{ id: 0, replicas: [{ nodeId: 'leader', leader: true }] }];
    const bytes = encode(watchCluster.output, { epoch: 1n, nodes: [{ id: 'leader', addr }], shards });
    cluster.topology.update(decode(watchCluster.output, bytes));
  };
  cluster.learnLeader(0, third);
  expect(leader().address).toBe(third);
  expect(leader([leader()]).address).toBe(first);
  cluster.learnLeader(0, undefined);
  expect(leader().address).toBe(first);
  view(second);
  cluster.learnLeader(0, undefined);
  expect(leader().address).toBe(second);
  view(third);
  expect(leader().address).toBe(third);
});

it('all of them out of reach end in the deadline', async () => {
  await using network = await FaultyNetwork.to(1);
  network.weather = 'black hole';
  const nodes = [network.address, '127.0.0.1:1'];
  await using client = new NoriKVClient({ nodes, watchCluster: false, timeout: 1_600 });
  const error = await failure(client.get('key'));
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
  expect(error.message).toContain('No answer within 1600 ms before');
});

it('what they guarantee is what the weakest does', async () => {
  const strong = {
    ...described,
    createIfAbsent: true,
    deleteCas: true,
    linearizableReads: true,
    durableAck: true,
  };
  await using first = await double({ ...strong, putVersionUsable: true, vector: true, maxKeyBytes: 100 });
  await using second = await double({ ...strong, engine: 'another', ttl: 'coarse', idempotency: 'node' });
  await using client = new NoriKVClient({ nodes: [first.address, second.address], watchCluster: false });
  await client.connect();
  await expect.poll(() => client.getStats().nodes.every(({ ready }) => ready === 2)).toBe(true);
  expect(client.capabilities).toEqual({
    engine: 'a double and another',
    atomicCas: true,
    createIfAbsent: true,
    deleteCas: true,
    linearizableReads: true,
    putVersionUsable: false,
    ttl: 'coarse',
    durableAck: true,
    idempotency: 'node',
    maxKeyBytes: 100,
    maxValueBytes: 1_048_576,
    vector: false,
  });
  expect(client.capabilities).toBe(client.capabilities);
});

it('one that cannot say what it guarantees is asked again; one that talks nonsense guarantees nothing', async () => {
  let asked = 0;
  await using hesitant = await new RawServer()
    .answer(methods.describe, () => (++asked < 3 ? { refuse: { code: status.INTERNAL } } : described))
    .listen();
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    startTimer(callback, delayMs) {
      if (delayMs === 50) pauses.push(delayMs);
      return systemClock.startTimer(callback, delayMs);
    },
  };
  await using client = new NoriKVClient({
    nodes: [hesitant.address],
    maxConnectionsPerNode: 1,
    watchCluster: false,
    clock,
  });
  await client.connect();
  expect(asked).toBe(3);
  expect(pauses).toHaveLength(2);
  expect(client.capabilities?.atomicCas).toBe(true);

  await using babbling = await new RawServer().answerBytes(methods.describe, Buffer.from([0xff])).listen();
  await using other = new NoriKVClient({ nodes: [babbling.address], watchCluster: false });
  await other.connect();
  expect(other.capabilities?.atomicCas).toBe(false);
});

it('an answer that is no message of the wire is unknown on a write', async () => {
  await using server = await new RawServer()
    .answer(methods.describe, () => described)
    .answerBytes(methods.put, Buffer.from([0xff]))
    .answerBytes(methods.get, Buffer.from([0xff]))
    .listen();
  await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
  expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'INTERNAL', outcome: 'unknown' });
  expect(await failure(client.get('key'))).toMatchObject({ code: 'INTERNAL', outcome: 'not-applied' });
});
