import { setTimeout as sleep } from 'node:timers/promises';
import { NoriKVClient } from '@norikv/client';
import { bytesToString, find, type NoriKVError } from '@norikv/store';
import {
  checkLinearizability,
  createMemoryStore,
  type History,
  raceClients,
  seededRandom,
} from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServer, type NoriKVServer } from '../src/index.js';
import { FaultyNetwork } from './support/faulty-network.js';

let store: ReturnType<typeof createMemoryStore>;
let server: NoriKVServer;
let network: FaultyNetwork;
let client: NoriKVClient;

async function failure(call: Promise<unknown>): Promise<NoriKVError> {
  const [result] = await Promise.allSettled([call]);
  if (result.status === 'fulfilled') throw new Error(`It gave ${String(result.value)}`);
  return result.reason as NoriKVError;
}

describe.each([
  ['on an exchange', true],
  ['on streams of their own', false],
])('calls %s', (_way, exchange) => {
  beforeEach(async () => {
    store = createMemoryStore();
    server = await createServer(store, { port: 0 });
    network = await FaultyNetwork.to(server.port);
    client = new NoriKVClient({
      nodes: [network.address],
      timeout: 20_000,
      maxConnectionsPerNode: 1,
      keepAliveMs: 300,
      keepAliveTimeoutMs: 1_500,
      watchCluster: false,
      exchange,
    });
    await client.connect();
  });

  afterEach(async () => {
    network.weather = 'fine';
    await network[Symbol.asyncDispose]();
    await client.close();
    await server.close(0);
  });

  describe('a connection that is reset', () => {
    it('is made again, and the next call is served', async () => {
      await client.put('reset', 'before');
      network.reset();
      await client.put('reset', 'after', { timeoutMs: 20_000 }).catch(() => client.put('reset', 'after'));
      expect(bytesToString((await client.get('reset')).value)).toBe('after');
      expect(network.connections).toBeGreaterThan(1);
    });

    it('under a write leaves it unknown; under a read it is read again', async () => {
      network.weather = 'half open';
      const before = (await find(store, 'unknown'))?.version;
      const put = failure(client.put('unknown', 'arrives'));
      const get = client.find('nothing here');
      await expect.poll(async () => (await find(store, 'unknown'))?.version).not.toEqual(before);
      network.weather = 'fine';
      network.reset();
      expect(await put).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
      expect(await get).toBeNull();
    });

    it('is not made while the server is away; the call waits within its deadline', async () => {
      network.isDown = true;
      network.reset();
      await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
      const late = await failure(client.put('away', 'x', { timeoutMs: 300 }));
      expect(late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
      const waiting = client.put('away', 'y');
      await sleep(100);
      network.isDown = false;
      await waiting;
      expect(bytesToString((await client.get('away')).value)).toBe('y');
    });
  });

  describe('a network that swallows bytes', () => {
    it.each(['black hole', 'half open'] as const)(
      '%s: noticed without an answer, then left',
      async (weather) => {
        await client.put('swallowed', 'before');
        const before = network.connections;
        network.weather = weather;
        const error = await failure(client.put('swallowed', 'lost'));
        expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
        network.weather = 'fine';
        expect((await client.get('swallowed')).value.length).toBeGreaterThan(0);
        expect(network.connections).toBeGreaterThan(before);
      },
    );

    it('a call still ends by its own deadline', async () => {
      network.weather = 'black hole';
      const error = await failure(client.put('swallowed', 'lost', { timeoutMs: 100 }));
      expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    });
  });

  it('slow and often broken, the answers still fit one order of events', async () => {
    const random = seededRandom(7);
    for (let round = 0; round < 4; round++) {
      let isOver = false;
      const weather = (async () => {
        while (!isOver) {
          await sleep(20 + random() * 40);
          network.delayMs = random() < 0.3 ? random() * 10 : 0;
          network.weather = random() < 0.2 ? 'half open' : 'fine';
          await sleep(random() * 20);
          network.weather = 'fine';
          if (random() < 0.6) network.reset();
        }
        network.delayMs = 0;
      })();
      const keys = [`order-${round}-a`, `order-${round}-b`];
      const history: History = await raceClients([client], {
        random,
        keys,
        clients: 6,
        operationsPerClient: 25,
      });
      isOver = true;
      await weather;
      expect(checkLinearizability(history)).toEqual({ ok: true });
    }
    expect(client.getStats().failures).toBeGreaterThan(0);
  }, 300_000);
});
