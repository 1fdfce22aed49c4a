import { getEventListeners, once } from 'node:events';
import { createServer, type ServerHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { status } from '@grpc/grpc-js';
import { errorCode } from '@norikv/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EtcdOptions, type EtcdStore, openEtcd } from '../src/index.js';
import { FakeEtcd } from './support/fake-etcd.js';

it('a connection over a long way carries more than 64 KiB in a round trip', async () => {
  const host = createServer();
  host.listen(0, '127.0.0.1');
  await once(host, 'listening');
  onTestFinished(() => void host.close());
  const connected = once(host, 'session') as Promise<[ServerHttp2Session]>;
  const { port } = host.address() as AddressInfo;
  const opening = openEtcd({ hosts: `127.0.0.1:${port}`, timeoutMs: 3_000 }).catch(errorCode);
  const [session] = await connected;
  await expect.poll(() => session.state.remoteWindowSize).toBe(4 * 2 ** 20);
  expect(session.remoteSettings.initialWindowSize).toBe(4 * 2 ** 20);
  expect(await opening).toBe('DEADLINE_EXCEEDED');
  session.destroy();
});

describe('calls', () => {
  it('wait their turn, and are not applied if they give up before it', async () => {
    const { fake, store } = await setUp({ maxInFlight: 1 });
    const controller = new AbortController();
    fake.answer = () => 'nothing';
    const first = store.put('first', 'value', { timeoutMs: 2_000 }).catch((error: unknown) => error);
    const late = store.put('late', 'value', { timeoutMs: 50 }).catch((error: unknown) => error);
    const { signal } = controller;
    const cancelled = store.put('cancelled', 'value', { signal }).catch((error: unknown) => error);
    controller.abort();
    expect(await late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(await cancelled).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await first).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    fake.answer = () => fake.written(1n);
    await Promise.all([store.put('key', 'value'), store.put('key', 'value')]);
    expect(fake.calls).toHaveLength(3);
  });

  it('that give up as their turn comes pass it on', async () => {
    const { fake, store } = await setUp({ maxInFlight: 1 });
    fake.answer = () => fake.written(1n);
    for (let round = 0; round < 30; round++) {
      const controller = new AbortController();
      const { signal } = controller;
      const first = store.put('key', 'value').then(() => controller.abort());
      const second = store.put('key', 'value', { signal }).catch(() => {});
      await Promise.all([first, second, store.put('key', 'value')]);
    }
  });

  it('that hold too many bytes are refused', async () => {
    const { fake, store } = await setUp({ maxPendingBytes: 5_000 });
    fake.answer = () => fake.written(1n);
    const first = store.put('key', new Uint8Array(4_000));
    const second = await store.put('key', 'value').catch((error: unknown) => error);
    expect(second).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'not-applied' });
    await first;
    await store.put('key', new Uint8Array(9_000));
  });

  it('end at once when they are cancelled, however soon after they were made', async () => {
    const { fake, store } = await setUp();
    fake.answer = () => 'nothing';
    for (let turns = 0; turns < 10; turns += 1) {
      for (const call of [
        (signal: AbortSignal) => store.find('key', { signal }),
        (signal: AbortSignal) => store.put('key', 'value', { signal }),
      ]) {
        const controller = new AbortController();
        const answer = call(controller.signal).catch((error: unknown) => error);
        for (let turn = 0; turn < turns; turn += 1) await null;
        controller.abort();
        expect(await answer).toMatchObject({ code: 'CANCELLED' });
      }
    }
  });

  it('that are cancelled while they travel are unknown, and let go of the signal', async () => {
    const { fake, store } = await setUp();
    const controller = new AbortController();
    const { signal } = controller;
    fake.answer = () => fake.written(1n);
    await store.put('key', 'value', { signal });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    fake.answer = () => {
      controller.abort();
      return 'nothing';
    };
    const cancelled = { code: 'CANCELLED', outcome: 'unknown' };
    await expect(store.put('key', 'value', { signal })).rejects.toMatchObject(cancelled);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('that somebody else cancels are not taken for cancelled by their caller', async () => {
    const { fake, store } = await setUp();
    fake.answer = () => ({ code: status.CANCELLED, details: 'by a proxy' });
    const lost = { code: 'UNAVAILABLE', outcome: 'unknown' };
    await expect(store.put('key', 'value')).rejects.toMatchObject(lost);
  });

  it('with wrong options are refused by name, and nothing is sent', async () => {
    const { fake, store } = await setUp();
    const wrong = { consistency: 'eventual', signal: 'now', ifNotExists: 1, idempotencyKey: '' };
    const calls = {
      consistency: () => store.find('key', { consistency: 'eventual' as 'lease' }),
      signal: () => store.find('key', { signal: 'now' as unknown as AbortSignal }),
      ifNotExists: () => store.put('key', 'value', { ifNotExists: 1 as unknown as boolean }),
      idempotencyKey: () => store.delete('key', { idempotencyKey: '' }),
    };
    for (const name of Object.keys(wrong) as Array<keyof typeof calls>) {
      const error: unknown = await calls[name]().catch((caught: unknown) => caught);
      expect(errorCode(error)).toBe('INVALID_ARGUMENT');
      expect(String(error)).toContain(name);
    }
    expect(fake.calls).toHaveLength(0);
  });

  it('an answer that makes no sense is an error', async () => {
    const { fake, store } = await setUp();
    const { MessageWriter } = await import('../src/wire/message-writer.js');
    fake.answer = ({ method }) =>
      method.endsWith('LeaseGrant') ? new MessageWriter().number(2, 1) : fake.written(1n);
    const error: unknown = await store
      .put('key', 'value', { idempotencyKey: 'id' })
      .catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'INTERNAL', outcome: 'unknown', key: 'key' });
    expect(String(error)).toContain('does not fit the transaction');
    fake.answer = () => new MessageWriter().number(1, 1);
    await expect(store.find('key')).rejects.toMatchObject({ code: 'INTERNAL', outcome: 'not-applied' });
    fake.answer = () => new MessageWriter().text(2, 'no number');
    await expect(store.put('key', 'value', { ttlMs: 60_000 })).rejects.toMatchObject({
      code: 'INTERNAL',
      outcome: 'not-applied',
    });
  });

  it('a status that makes no sense is why a member is not used, and ends no process', async () => {
    const { fake, store } = await setUp();
    const { MessageWriter } = await import('../src/wire/message-writer.js');
    fake.statusAnswer = new MessageWriter().number(1, 1);
    await expect(openEtcd({ hosts: fake.address, timeoutMs: 500 })).rejects.toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining('it sent an answer that cannot be read'),
    });
    // Asked how it is, as a call is not answered, the member is taken for one that is silent.
    fake.answer = () => 'nothing';
    await expect(store.put('key', 'value', { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
    });
  });

  it('those under way are answered before the store closes', async () => {
    const { fake, store } = await setUp();
    fake.answer = () => fake.written(9n);
    const put = store.put('key', 'value');
    await store.close();
    expect(await put).toEqual({ term: 7n, index: 9n });
  });
});

async function setUp(options: Partial<EtcdOptions> = {}): Promise<{ fake: FakeEtcd; store: EtcdStore }> {
  const fake = await FakeEtcd.start();
  const store = await openEtcd({ hosts: fake.address, ...options });
  onTestFinished(async () => {
    await store.close();
    await fake[Symbol.asyncDispose]();
  });
  return { fake, store };
}
