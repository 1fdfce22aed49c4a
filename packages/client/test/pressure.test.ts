import { getEventListeners, setMaxListeners } from 'node:events';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { methods } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { RawServer } from './support/raw-server.js';
import { createServer } from './support/server.js';

const version = { term: 1n, index: 1n };

/** A server that holds every get until it is told to answer. */
async function holding(): Promise<{ server: RawServer; held(): number; answerAll(): void }> {
  let waiting: (() => void)[] = [];
  const server = await new RawServer()
    .answer(methods.describe, () => ({ engine: 'a double' }))
    .answer(methods.put, () => ({ version }))
    .answer(methods.get, async () => {
      await new Promise<void>((resolve) => waiting.push(resolve));
      return { version };
    })
    .listen();
  return {
    server,
    held: () => waiting.length,
    answerAll() {
      const now = waiting;
      waiting = [];
      for (const answer of now) answer();
    },
  };
}

describe('too many calls at once', () => {
  it('wait for their turn, and beyond that are refused', async () => {
    const { server, held, answerAll } = await holding();
    await using _server = server;
    await using client = await connect(server.address, { maxInFlight: 2, maxWaiting: 3 });
    const calls = Array.from({ length: 5 }, (_, key) => client.get(`${key}`));
    expect(client.getStats()).toMatchObject({ inFlight: 2, waiting: 3 });
    const refused = await failure(client.get('one too many'));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'not-applied', retryable: true });
    expect(refused.message).toContain('maxInFlight');
    let most = 0;
    let isDone = false;
    const done = Promise.all(calls).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      most = Math.max(most, held());
      answerAll();
      await new Promise(setImmediate);
    }
    expect(await done).toHaveLength(5);
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThanOrEqual(2);
    expect(client.getStats()).toMatchObject({ inFlight: 0, waiting: 0, pendingBytes: 0 });
  });

  it('are counted in bytes, too', async () => {
    await using server = await new RawServer()
      .answer(methods.describe, () => ({ engine: 'a double' }))
      .answer(methods.put, () => 'silence')
      .listen();
    await using client = await connect(server.address, { maxPendingBytes: 100 });
    const first = failure(client.put('key', new Uint8Array(90), { timeoutMs: 300 }));
    const refused = await failure(client.put('key', new Uint8Array(90)));
    expect(refused).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
    expect(refused.message).toContain('maxPendingBytes is 100');
    await first;
    // A single call may be larger than the bound: otherwise it could never be made.
    const large = await failure(client.put('key', new Uint8Array(500), { timeoutMs: 50 }));
    expect(large.code).toBe('DEADLINE_EXCEEDED');
  });

  it('are cancelled or late while they wait: not applied, and their place is free', async () => {
    const { server, held, answerAll } = await holding();
    await using _server = server;
    await using client = await connect(server.address, { maxInFlight: 1 });
    const first = client.get('first');
    await expect.poll(held).toBe(1);
    const controller = new AbortController();
    const cancelled = failure(client.put('key', 'x', { signal: controller.signal }));
    const late = failure(client.put('key', 'x', { timeoutMs: 20 }));
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(client.getStats()).toMatchObject({ inFlight: 1, waiting: 0, pendingBytes: 5 });
    answerAll();
    await first;
    await client.put('key', 'y');
  });

  it('keep nobody waiting who calls a client that is being closed', async () => {
    const { server, held, answerAll } = await holding();
    await using _server = server;
    const client = await connect(server.address, { maxInFlight: 1 });
    const first = client.get('first');
    await expect.poll(held).toBe(1);
    const closed = client.close();
    expect(await failure(client.get('late'))).toMatchObject({ code: 'CLOSED', outcome: 'not-applied' });
    answerAll();
    await first;
    await closed;
  });

  it('10,000 of 10 kB are answered within bounded memory', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    await using client = await connect(server.address, { maxInFlight: 64, timeout: 240_000 });
    const value = new Uint8Array(10_000);
    const before = process.memoryUsage.rss();
    let most = 0;
    const calls = Array.from({ length: 10_000 }, (_, number) =>
      client.put(`key ${number % 100}`, value).then(() => {
        most = Math.max(most, process.memoryUsage.rss());
      }),
    );
    expect(client.getStats().inFlight).toBe(64);
    await Promise.all(calls);
    // The 100 MB the callers handed over are there by right; what travels beside them is bounded.
    expect(most - before).toBeLessThan(600 * 2 ** 20);
  }, 300_000);
});

it('10,000 cancelled calls leave no listener and no timer', async () => {
  const { server, answerAll } = await holding();
  await using _server = server;
  await using client = await connect(server.address, { maxInFlight: 100 });
  const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const before = timers();
  for (let round = 0; round < 50; round++) {
    const controller = new AbortController();
    setMaxListeners(0, controller.signal);
    const { signal } = controller;
    const calls = Array.from({ length: 200 }, (_, key) =>
      client.get(`${key}`, { signal, timeoutMs: 3_600_000 }),
    );
    if (round % 2 === 0) await new Promise(setImmediate);
    controller.abort();
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected');
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    answerAll();
  }
  expect(client.getStats()).toMatchObject({ calls: 10_000, inFlight: 0, waiting: 0, pendingBytes: 0 });
  const left = (): number => {
    answerAll();
    return timers() - before;
  };
  await expect.poll(left).toBeLessThan(10);
}, 240_000);
