import { Metadata, status } from '@grpc/grpc-js';
import { type Clock, systemClock } from '@norikv/store';
import { expect, it, onTestFinished, vi } from 'vitest';
import { CallLimit } from '../src/call-limit.js';
import { MetadataSource } from '../src/call-metadata.js';
import { Cluster } from '../src/cluster.js';
import { settingsOf } from '../src/config.js';
import { Connection } from '../src/connection.js';
import { plainServer } from '../src/description.js';
import { getShardForKey, NoriKVClient } from '../src/index.js';
import { Node } from '../src/node.js';
import { decode, encode, methods, trailers, watchCluster } from '../src/wire.js';
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

it.each([
  ['answers nothing', 'silence'],
  ['has nothing behind it', { refuse: { code: status.UNAVAILABLE } }],
] as const)(
  'a node that takes connections and %s is waited for once, and used when it answers',
  async (_what, dead) => {
    let isDead = true;
    await using first = await new RawServer()
      .answer(methods.describe, () => (isDead ? dead : described))
      .answer(methods.get, () => ({ version }))
      .listen();
    await using second = await double();
    let waits = 0;
    const clock: Clock = {
      ...systemClock,
      startTimer(callback, delayMs) {
        // A wait goes on after a pause of 50 ms, with the rest of its time.
        if (delayMs > 470 && delayMs <= 500) waits += 1;
        return systemClock.startTimer(callback, delayMs);
      },
    };
    const nodes = [first.address, second.address];
    await using client = new NoriKVClient({ nodes, watchCluster: false, clock, timeout: 60_000 });
    await client.connect();
    for (let key = 0; key < 5; key++) await client.get(`${key}`);
    expect(waits).toBe(1);
    isDead = false;
    const isUsed = async (): Promise<boolean> => {
      await client.get('key');
      return first.calls.includes(methods.get.path);
    };
    await expect.poll(isUsed, { timeout: 20_000 }).toBe(true);
    expect(waits).toBe(1);
  },
  30_000,
);

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
  const serving = '127.0.0.1:3';
  const isReady = vi.spyOn(Node.prototype, 'isReady', 'get');
  isReady.mockImplementation(function (this: Node) {
    return this.address === serving;
  });
  const closed = vi.spyOn(Node.prototype, 'close');
  onTestFinished(() => void vi.restoreAllMocks());
  const cluster = new Cluster(settingsOf({ nodes: configured }));
  for (let port = 3; port <= 200; port++) {
    cluster.learnLeader(0, `127.0.0.1:${port}`);
    expect(cluster.nodeFor(() => 0, new Set()).address).toBe(`127.0.0.1:${port}`);
  }
  const addresses = cluster.nodes.map(({ address }) => address);
  expect(addresses).toHaveLength(64);
  expect(addresses.slice(0, 3)).toEqual([...configured, serving]);
  expect(closed).toHaveBeenCalledTimes(200 - 64);
  cluster.refuse();
  cluster.learnLeader(0, '127.0.0.1:201');
  expect(cluster.nodes.map(({ address }) => address)).toEqual(addresses);
  const many = Array.from({ length: 70 }, (_, place) => `127.0.0.1:${place + 1}`);
  const full = new Cluster(settingsOf({ nodes: many }));
  full.learnLeader(0, '127.0.0.1:99');
  expect(full.nodes).toHaveLength(70);
});

/** Shows a view in which these lead the first shard. */
function showLeaders({ topology }: Cluster, addresses: readonly string[], epoch = 1n): void {
  const nodes = addresses.map((addr, place) => ({ id: `n${place}`, addr }));
  const shards = [{ id: 0, replicas: nodes.map(({ id }) => ({ nodeId: id, leader: true })) }];
  topology.update(decode(watchCluster.output, encode(watchCluster.output, { epoch, nodes, shards })));
}

it('a view with two leaders of a shard, or with one that listens everywhere, leads to none of them', () => {
  const [first = '', second = '', third = ''] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const cluster = new Cluster(settingsOf({ nodes: [first, second, third], totalShards: 1 }));
  const chosen = (): string => cluster.nodeFor(() => 0, new Set()).address;
  showLeaders(cluster, [second]);
  expect(chosen()).toBe(second);
  showLeaders(cluster, [second, third]);
  expect(chosen()).toBe(first);
  showLeaders(cluster, ['0.0.0.0:7447']);
  cluster.learnLeader(0, undefined);
  expect(chosen()).toBe(first);
});

it('a node is not down while one of its connections serves', () => {
  const settings = settingsOf({ nodes: ['127.0.0.1:1'] });
  const node = new Node('127.0.0.1:1', settings, new MetadataSource(settings));
  const [, other] = node.connections;
  vi.spyOn(Connection.prototype, 'isDown', 'get').mockReturnValue(true);
  const serving = vi.spyOn(Connection.prototype, 'description', 'get');
  onTestFinished(() => void vi.restoreAllMocks());
  expect([node.isReady, node.isDown]).toEqual([false, true]);
  serving.mockImplementation(function (this: Connection) {
    return this === other ? plainServer : undefined;
  });
  expect([node.isReady, node.isDown]).toEqual([true, false]);
  expect(node.connection()).toBe(other);
});

it('a node is waited for though another connection to it fails, and not if its first one does', async () => {
  const settings = settingsOf({ nodes: ['127.0.0.1:1'] });
  const node = new Node('127.0.0.1:1', settings, new MetadataSource(settings));
  const [first] = node.connections;
  const limit = new CallLimit(systemClock, 5_000, undefined, undefined);
  const serving = vi.spyOn(Connection.prototype, 'description', 'get').mockReturnValue(undefined);
  const nextStep = vi.spyOn(Connection.prototype, 'nextStep');
  onTestFinished(() => void vi.restoreAllMocks());
  nextStep.mockImplementation(async function (this: Connection) {
    if (this !== first) throw new Error('refused there');
    await new Promise(setImmediate);
    serving.mockReturnValue(plainServer);
  });
  await node.ready(limit);
  serving.mockReturnValue(undefined);
  nextStep.mockImplementation(async function (this: Connection) {
    if (this === first) throw new Error('refused here');
    await new Promise(setImmediate);
  });
  expect((await failure(node.ready(limit))).message).toBe('refused here');
});

it('the leader is who is said to be it last, and not again who has been tried', () => {
  const [first = '', second = '', third = ''] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const cluster = new Cluster(settingsOf({ nodes: [first, second, third], totalShards: 1 }));
  const leader = (tried: readonly Node[] = []): Node => cluster.nodeFor(() => 0, new Set(tried));
  const view = (address: string): void => showLeaders(cluster, [address]);
  cluster.learnLeader(0, third);
  expect(leader().address).toBe(third);
  expect(leader([leader()]).address).toBe(first);
  // All have been tried: it may have become the leader since.
  expect(leader(cluster.nodes).address).toBe(third);
  cluster.learnLeader(0, undefined);
  expect(leader().address).toBe(first);
  view(second);
  cluster.learnLeader(0, undefined);
  expect(leader().address).toBe(second);
  view(third);
  expect(leader().address).toBe(third);
  // A node is asked now, and a view may be old.
  cluster.learnLeader(0, second);
  expect(leader().address).toBe(second);
});

it('a hint gives way to a view that comes later, unless that says what was known before', () => {
  const [first = '', second = '', third = ''] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const cluster = new Cluster(settingsOf({ nodes: [first, second, third], totalShards: 1 }));
  const leader = (): string => cluster.nodeFor(() => 0, new Set()).address;
  cluster.learnLeader(0, second);
  showLeaders(cluster, [third]);
  expect(leader()).toBe(third);
  cluster.learnLeader(0, second);
  showLeaders(cluster, [third]);
  expect(leader()).toBe(second);
  showLeaders(cluster, [first]);
  expect(leader()).toBe(first);
  // In between others may have been the leader.
  cluster.learnLeader(0, second);
  showLeaders(cluster, [first], 2n);
  expect(leader()).toBe(first);
});

it('each shard has a leader of its own, and a hint is one about the shard of its call', async () => {
  const served: string[] = [];
  const hint = new Metadata();
  const node = async (name: string, leads: (shard: number) => boolean): Promise<RawServer> =>
    new RawServer()
      .answer(methods.describe, () => described)
      .answer(methods.get, ({ key }) => {
        served.push(`${name} ${Buffer.from(key)}`);
        if (leads(getShardForKey(key, 2))) return { version };
        return { refuse: { code: status.UNAVAILABLE, details: 'NOT_LEADER', metadata: hint } };
      })
      .listen();
  await using first = await node('first', (shard) => shard === 0);
  await using second = await node('second', (shard) => shard === 1);
  hint.set(trailers.leaderHint, second.address);
  const nodes = [first.address, second.address];
  await using client = new NoriKVClient({ nodes, totalShards: 2, watchCluster: false });
  await client.connect();
  const keys = Array.from({ length: 20 }, (_, number) => `${number}`);
  const [zero = '', nextZero = ''] = keys.filter((key) => getShardForKey(key, 2) === 0);
  const [one = '', nextOne = ''] = keys.filter((key) => getShardForKey(key, 2) === 1);
  for (const key of [zero, one, nextOne, nextZero]) await client.get(key);
  expect(served).toEqual([
    `first ${zero}`,
    `first ${one}`,
    `second ${one}`,
    `second ${nextOne}`,
    `first ${nextZero}`,
  ]);
});

it('a leader that cannot be reached is passed over, and so is any other node', () => {
  const [first = '', second = '', dead = ''] = ['127.0.0.1:1', '127.0.0.1:2', '127.0.0.1:3'];
  const cluster = new Cluster(settingsOf({ nodes: [first, second, dead], totalShards: 1 }));
  const chosen = (): string => cluster.nodeFor(() => 0, new Set()).address;
  cluster.learnLeader(0, dead);
  expect(chosen()).toBe(dead);
  const isDown = vi.spyOn(Node.prototype, 'isDown', 'get');
  onTestFinished(() => isDown.mockRestore());
  isDown.mockImplementation(function (this: Node) {
    return this.address === dead;
  });
  expect(chosen()).toBe(first);
  isDown.mockImplementation(function (this: Node) {
    return this.address !== second;
  });
  expect(chosen()).toBe(second);
  isDown.mockReturnValue(true);
  expect(chosen()).toBe(first);
});

it('all of them out of reach end in the deadline', async () => {
  await using network = await FaultyNetwork.to(1);
  network.weather = 'black hole';
  const nodes = [network.address, '127.0.0.1:1'];
  await using client = new NoriKVClient({ nodes, watchCluster: false, timeout: 1_600 });
  const error = await failure(client.get('key'));
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
  expect(error.message).toContain('No answer within 1600 ms; nothing was applied');
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
