import { NoriKVClient } from '@norikv/client';
import { bytesToString, find, type NoriKVError } from '@norikv/store';
import { expect, it } from 'vitest';
import { FaultyNetwork } from './support/faulty-network.js';
import { newFolder, ServerProcess } from './support/programs.js';

const kills = 4;
const writers = 8;

it('killed and started again under load, the server has lost nothing it acknowledged and applied nothing twice', async () => {
  await using folder = await newFolder();
  const args = ['--data', folder.path, '--http', 'off', '--port', '0'];
  let server = await ServerProcess.start(args);
  // Stays where it is while the server comes back at a free port: the old one may be somebody else's by then.
  await using network = await FaultyNetwork.to(server.port);
  await using client = new NoriKVClient({
    nodes: [network.address],
    timeout: 240_000,
    watchCluster: false,
  });
  await client.connect();

  let isOver = false;
  const acknowledged = Array.from({ length: writers }, () => 0);
  const attempted = Array.from({ length: writers }, () => 0);
  const count = async (writer: number): Promise<void> => {
    const key = `counter ${writer}`;
    while (!isOver) {
      const entry = await client.find(key);
      const number = entry ? Number(bytesToString(entry.value)) : 0;
      attempted[writer] = number + 1;
      const condition = entry ? { ifMatchVersion: entry.version } : { ifNotExists: true };
      try {
        await client.put(key, `${number + 1}`, condition);
        acknowledged[writer] = number + 1;
      } catch (error) {
        // One writer a key: nothing else can be in its way, so only the unknown may happen.
        expect(error).toMatchObject({ outcome: 'unknown' });
      }
    }
  };
  // Each of these is applied at most once: with its id it may be sent again at will.
  let increments = 0;
  const once = async (): Promise<void> => {
    for (; !isOver; increments++) {
      await client.put(`once ${increments}`, 'value', {
        ifNotExists: true,
        idempotencyKey: `once ${increments}`,
      });
    }
  };
  const work = Promise.all([...acknowledged.map((_, writer) => count(writer)), once()]);

  const underLoad = async (): Promise<void> => {
    const before = increments;
    await expect.poll(() => increments - before, { timeout: 240_000 }).toBeGreaterThan(20);
  };
  for (let kill = 0; kill < kills; kill++) {
    await underLoad();
    expect(await server.end('SIGKILL')).toBe('SIGKILL');
    server = await ServerProcess.start(args);
    network.target = server.port;
  }
  await underLoad();
  isOver = true;
  await work;

  for (const [writer, last] of acknowledged.entries()) {
    const entry = await find(client, `counter ${writer}`);
    const value = entry ? Number(bytesToString(entry.value)) : 0;
    expect(value, `counter ${writer}`).toBeGreaterThanOrEqual(last);
    expect(value, `counter ${writer}`).toBeLessThanOrEqual(attempted[writer] ?? 0);
  }
  for (let number = 0; number < increments; number++) {
    expect(bytesToString((await client.get(`once ${number}`)).value)).toBe('value');
  }
  expect(increments).toBeGreaterThan(kills);
  expect(await server.end('SIGTERM')).toBe(0);
  expect(server.events.slice(-2)).toEqual(['stopping', 'stopped']);
}, 900_000);

it('frozen, it holds nobody up beyond the deadline, and thawed it serves again', async () => {
  await using server = await ServerProcess.start(['--ephemeral', '--port', '0', '--http', 'off']);
  await using client = new NoriKVClient({ nodes: [server.address], timeout: 60_000, watchCluster: false });
  await client.connect();
  await client.put('key', 'before');
  server.signal('SIGSTOP');
  const error = (await client
    .put('key', 'after', { timeoutMs: 300 })
    .catch((reason: unknown) => reason)) as NoriKVError;
  expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
  server.signal('SIGCONT');
  expect(['before', 'after']).toContain(bytesToString((await client.get('key')).value));
}, 240_000);
