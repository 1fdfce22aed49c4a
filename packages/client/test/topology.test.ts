import { status } from '@grpc/grpc-js';
import { type Clock, systemClock } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { describe, expect, it, vi } from 'vitest';
import { NoriKVClient, type TopologyChange } from '../src/index.js';
import { encode, methods, type Outgoing, watchCluster } from '../src/wire.js';
import { failure } from './support/clients.js';
import { answer, PlainHttp2Server } from './support/http2-server.js';
import { RawServer } from './support/raw-server.js';

type View = Outgoing<(typeof watchCluster)['output']>;

const described = { engine: 'a double' };
const version = { term: 1n, index: 1n };

interface Stream {
  write(bytes: Buffer): unknown;
  end(): unknown;
}

/** A server whose watch sends what the test pushes. */
async function watched(greet: (stream: Stream) => void = () => {}): Promise<{
  server: RawServer;
  push(bytes: Uint8Array): void;
  end(): void;
  streams(): number;
}> {
  const streams: Stream[] = [];
  const server = await new RawServer()
    .answer(methods.describe, () => described)
    .answer(methods.get, () => ({ version }))
    .stream((call) => {
      streams.push(call);
      greet(call);
    })
    .listen();
  return {
    server,
    push: (bytes) => void streams.at(-1)?.write(Buffer.from(bytes)),
    end: () => void streams.at(-1)?.end(),
    streams: () => streams.length,
  };
}

const view = (fields: View): Buffer => encode(watchCluster.output, fields);

describe('the topology', () => {
  it('is followed, and changes are announced', async () => {
    const { server, push, streams } = await watched();
    await using _server = server;
    await using client = new NoriKVClient({ nodes: [server.address] });
    const changes: TopologyChange[] = [];
    const stop = client.onTopologyChange((change) => changes.push(change));
    await client.connect();
    await expect.poll(streams).toBe(1);
    const nodes = [
      { id: 'n1', addr: server.address, role: 'leader' },
      { id: 'n2', addr: '0.0.0.0:7447', role: 'follower' },
    ];
    push(view({ epoch: 1n, nodes, shards: [{ id: 3, replicas: [{ nodeId: 'n1', leader: true }] }] }));
    await expect.poll(() => changes.length).toBe(1);
    expect(changes[0]).toEqual({
      previousEpoch: 0n,
      currentEpoch: 1n,
      addedNodes: ['n1', 'n2'],
      removedNodes: [],
      leaderChanges: new Map([[3, 'n1']]),
    });
    expect(client.getClusterView()).toEqual({
      epoch: 1n,
      nodes,
      shards: [{ id: 3, replicas: [{ nodeId: 'n1', leader: true }] }],
    });
    push(view({ epoch: 2n, nodes, shards: [{ id: 3, replicas: [{ nodeId: 'n1', leader: true }] }] }));
    push(view({ epoch: 3n, nodes: nodes.slice(0, 1) }));
    await expect.poll(() => changes.length).toBe(2);
    expect(changes[1]).toMatchObject({
      previousEpoch: 2n,
      removedNodes: ['n2'],
      leaderChanges: new Map([[3, null]]),
    });
    stop();
    push(view({ epoch: 4n }));
    await expect.poll(() => client.getClusterView()?.epoch).toBe(4n);
    expect(changes).toHaveLength(2);
  });

  it('may be nonsense: what makes no sense is left out, and calls go on', async () => {
    const { server, push, streams } = await watched();
    await using _server = server;
    await using client = new NoriKVClient({ nodes: [server.address], totalShards: 16 });
    await client.connect();
    await expect.poll(streams).toBe(1);
    push(Buffer.from('this is no message'));
    push(
      view({
        epoch: 2n ** 64n - 1n,
        nodes: [
          { id: '', addr: 'x:1' },
          { id: 'a', addr: 'no address' },
          { id: 'a', addr: '0.0.0.0:1' },
          ...Array.from({ length: 3_000 }, (_, node) => ({ id: `n${node}`, addr: '[::]:7447' })),
        ],
        shards: [
          { id: 4_000_000_000, replicas: [{ nodeId: 'a', leader: true }] },
          { id: 1, replicas: [{ nodeId: 'nobody', leader: true }] },
          {
            id: 2,
            replicas: [
              { nodeId: 'a', leader: true },
              { nodeId: 'n1', leader: true },
            ],
          },
          { id: 3, replicas: Array.from({ length: 500 }, () => ({ nodeId: 'a', leader: false })) },
        ],
      }),
    );
    await expect.poll(() => client.getClusterView()?.epoch).toBe(2n ** 64n - 1n);
    const seen = client.getClusterView();
    expect(seen?.nodes.length).toBeLessThanOrEqual(1_024);
    expect(seen?.shards.map(({ id, replicas }) => [id, replicas.length])).toEqual([
      [1, 0],
      [2, 2],
      [3, 64],
    ]);
    for (let key = 0; key < 20; key++) expect(await client.get(`${key}`)).toMatchObject({ version });
    expect(client.getStats().nodes).toHaveLength(1);
  });

  it('leads calls to the leader of their shard', async () => {
    const { server, push, streams } = await watched();
    await using _server = server;
    await using leader = await new RawServer()
      .answer(methods.describe, () => described)
      .answer(methods.get, () => ({ version }))
      .listen();
    await using client = new NoriKVClient({ nodes: [server.address, leader.address], totalShards: 1 });
    await client.connect();
    await expect.poll(streams).toBe(1);
    const shards = [{ id: 0, replicas: [{ nodeId: 'n2', leader: true }] }];
    push(view({ epoch: 1n, nodes: [{ id: 'n2', addr: leader.address }], shards }));
    await expect.poll(() => client.getClusterView()?.epoch).toBe(1n);
    for (let key = 0; key < 5; key++) await client.get(`${key}`);
    expect(leader.calls.filter((path) => path === methods.get.path)).toHaveLength(5);
  });

  it('is asked for the leader where the one node that was configured only says that it is not', async () => {
    const { server, push, streams } = await watched();
    await using _server = server;
    server.answer(methods.delete, () => ({ refuse: { code: status.UNAVAILABLE, details: 'NOT_LEADER' } }));
    await using leader = await new RawServer()
      .answer(methods.describe, () => described)
      .answer(methods.delete, () => ({ tombstoned: true }))
      .listen();
    await using client = new NoriKVClient({ nodes: [server.address], totalShards: 1 });
    await client.connect();
    await expect.poll(streams).toBe(1);
    const shards = [{ id: 0, replicas: [{ nodeId: 'n2', leader: true }] }];
    push(view({ epoch: 1n, nodes: [{ id: 'n2', addr: leader.address }], shards }));
    await expect.poll(() => client.getClusterView()?.epoch).toBe(1n);
    // A view alone makes nobody connect: behind a tunnel its addresses may be those of others.
    expect(client.getStats().nodes).toHaveLength(1);
    expect(await failure(client.delete('key'))).toMatchObject({ code: 'NOT_LEADER', outcome: 'unknown' });
    expect(await client.delete('key')).toBe(true);
  });

  it('goes on when a listener throws, whose error shows where unhandled ones do', async () => {
    const { server, push, streams } = await watched();
    await using _server = server;
    await using client = new NoriKVClient({ nodes: [server.address] });
    await client.connect();
    await expect.poll(streams).toBe(1);
    const later = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation(() => {});
    client.onTopologyChange(() => {
      throw new Error('a mistake of the listener');
    });
    const changes: TopologyChange[] = [];
    client.onTopologyChange((change) => changes.push(change));
    push(view({ epoch: 1n, nodes: [{ id: 'n1', addr: 'x:1' }] }));
    await expect.poll(() => changes.length).toBe(1);
    const thrown = later.mock.calls.map(([callback]) => callback);
    later.mockRestore();
    expect(thrown.some((callback) => throws(callback, 'a mistake of the listener'))).toBe(true);
  });

  it('is watched again when the stream ends, and not where it is not served', async () => {
    const { server, end, streams } = await watched();
    await using _server = server;
    await using client = new NoriKVClient({ nodes: [server.address] });
    await client.connect();
    await expect.poll(streams).toBe(1);
    end();
    await expect.poll(streams).toBe(2);

    let asked = 0;
    await using silent = await new RawServer()
      .answer(methods.describe, () => described)
      .answer(methods.get, () => ({ version }))
      .stream((call) => {
        asked += 1;
        call.emit('error', { code: status.UNIMPLEMENTED });
      })
      .listen();
    const clock = new FakeClock();
    await using other = new NoriKVClient({ nodes: [silent.address], maxConnectionsPerNode: 1, clock });
    await other.connect();
    await expect.poll(() => asked).toBe(1);
    await other.get('key');
    expect(clock.pendingTimers).toBe(0);
    expect(other.getClusterView()).toBeNull();
  });
});

it('is followed at another node when one ends the watch', async () => {
  const [first, second] = [await watched((stream) => stream.end()), await watched()];
  await using _first = first.server;
  await using _second = second.server;
  await using _client = new NoriKVClient({ nodes: [first.server.address, second.server.address] });
  await _client.connect();
  await expect.poll(second.streams).toBe(1);
});

it('is watched later if the token for it did not come', async () => {
  const { server, streams } = await watched();
  await using _server = server;
  const clock = new FakeClock();
  let asked = 0;
  // The question what the server guarantees has its token.
  const token = () => (++asked === 2 ? new Promise<string>(() => {}) : 'good');
  await using client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1, clock, token });
  await client.connect();
  await expect.poll(() => asked).toBe(2);
  await clock.advance(6_000);
  await expect.poll(streams).toBe(1);
});

it('is waited for no longer when the client is closed, though the token for it has not come', async () => {
  const { server } = await watched();
  await using _server = server;
  const clock = new FakeClock();
  let asked = 0;
  const token = () => (++asked === 2 ? new Promise<string>(() => {}) : 'good');
  const client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1, clock, token });
  await client.connect();
  await expect.poll(() => asked).toBe(2);
  await client.close();
  await clock.advance(0);
  expect(clock.pendingTimers).toBe(0);
});

it('is watched at a proxy that has no way to it yet', async () => {
  const view = encode(watchCluster.output, { epoch: 1n });
  let asked = 0;
  await using server = await PlainHttp2Server.start((stream) => {
    asked += 1;
    if (asked > 1) answer(stream, view);
    else stream.respond({ ':status': 404 }, { endStream: true });
  });
  await using client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1 });
  await client.connect();
  await expect.poll(() => client.getClusterView()?.epoch).toBe(1n);
});

it('is waited for no longer when the client is closed', async () => {
  const { server, streams } = await watched((stream) => stream.end());
  await using _server = server;
  const clock = new FakeClock();
  const client = new NoriKVClient({ nodes: [server.address], maxConnectionsPerNode: 1, clock });
  await client.connect();
  await expect.poll(streams).toBe(1);
  await expect.poll(() => clock.pendingTimers).toBe(1);
  await client.close();
  expect(clock.pendingTimers).toBe(0);
});

it('of a server that ends the watch as soon as it has begun is asked for ever less often', async () => {
  let laterMs = 0;
  const { server, streams } = await watched((stream) => {
    stream.write(view({ epoch: 1n }));
    if (streams() === 4) laterMs = 31_000;
    stream.end();
  });
  await using _server = server;
  const pauses: number[] = [];
  const clock: Clock = {
    ...systemClock,
    monotonic: () => systemClock.monotonic() + laterMs,
    // Nothing else waits for 100 ms, or for twice that, and so on.
    startTimer(callback, delayMs) {
      const isPause = Number.isInteger(Math.log2(delayMs / 100));
      if (isPause) pauses.push(delayMs);
      return systemClock.startTimer(callback, isPause ? 0 : delayMs);
    },
  };
  await using client = new NoriKVClient({ nodes: [server.address], clock, random: () => 0 });
  await client.connect();
  await expect.poll(streams).toBeGreaterThan(6);
  // The fourth one lived for long.
  expect(pauses.slice(0, 6)).toEqual([100, 200, 400, 100, 200, 400]);
});

function throws(callback: () => void, message: string): boolean {
  try {
    callback();
    return false;
  } catch (error) {
    return error instanceof Error && error.message === message;
  }
}
