import { NoriKVClient } from '@norikv/client';
import { createEphemeral } from '@norikv/embedded';
import { expect, it } from 'vitest';
import { DistributedCounter, ShardedCounter } from '../../../counter/src/index.js';
import { createServer } from '../../src/index.js';

const clients = 6;
const adds = 40;
const patient = { deadlineMs: 120_000 };

it('counters of several clients of one server lose nothing and count nothing twice', async () => {
  await using store = await createEphemeral();
  await using server = await createServer(store, { port: 0 });
  const connected = Array.from(
    { length: clients },
    () => new NoriKVClient({ nodes: [server.address], watchCluster: false, timeout: 60_000 }),
  );
  await Promise.all(connected.map((client) => client.connect()));
  const plain = connected.map((client) => new DistributedCounter(client, 'plain', patient));
  const sharded = connected.map((client) => new ShardedCounter(client, 'sharded', 8, patient));
  const seen = await Promise.all(
    Array.from({ length: clients * adds }, async (_, add) => {
      await sharded[add % clients]?.increment();
      return plain[add % clients]?.increment();
    }),
  );
  const all = Array.from({ length: clients * adds }, (_, place) => place + 1);
  expect(seen.sort((left = 0, right = 0) => left - right)).toEqual(all);
  expect(await sharded[0]?.get()).toBe(clients * adds);
  await Promise.all(connected.map((client) => client.close()));
}, 240_000);
