import { status } from '@grpc/grpc-js';
import { expect, it } from 'vitest';
import { NoriKVClient } from '../src/index.js';
import { methods } from '../src/wire.js';
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

it('a node that swallows bytes is not waited for while another answers', async () => {
  await using first = await double();
  await using second = await double();
  await using network = await FaultyNetwork.to(Number(first.address.split(':')[1]));
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

it('all of them out of reach end in the deadline', async () => {
  await using network = await FaultyNetwork.to(1);
  network.weather = 'black hole';
  const nodes = [network.address, '127.0.0.1:1'];
  await using client = new NoriKVClient({ nodes, watchCluster: false, timeout: 1_600 });
  expect(await failure(client.get('key'))).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    outcome: 'not-applied',
  });
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
  await using client = new NoriKVClient({
    nodes: [hesitant.address],
    maxConnectionsPerNode: 1,
    watchCluster: false,
  });
  await client.connect();
  expect(asked).toBe(3);
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
