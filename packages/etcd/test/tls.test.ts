import { ServerCredentials } from '@grpc/grpc-js';
import { describe, expect, it, onTestFinished } from 'vitest';
// By path: the server stands on the client, which this package knows nothing of.
import { Authority } from '../../server/test/support/certificates.js';
import { FaultyNetwork } from '../../server/test/support/faulty-network.js';
import { type EtcdOptions, type EtcdStore, type EtcdTlsOptions, openEtcd } from '../src/index.js';
import { FakeEtcd } from './support/fake-etcd.js';

const serverName = 'localhost';
const authority = new Authority('the test authority');

/** A member that trusts an authority, and has a certificate by it. */
async function memberOf(by: Authority): Promise<FakeEtcd> {
  const { cert, key } = by.issue(serverName);
  const pair = { cert_chain: Buffer.from(cert), private_key: Buffer.from(key) };
  const fake = await FakeEtcd.start(7n, ServerCredentials.createSsl(Buffer.from(by.cert), [pair], true));
  onTestFinished(() => fake[Symbol.asyncDispose]());
  fake.answer = () => fake.written(5n);
  return fake;
}

function keysOf(by: Authority): EtcdTlsOptions {
  return { ca: by.cert, serverName, ...by.issue('client') };
}

function portOf({ address }: FakeEtcd): number {
  return Number(address.split(':')[1]);
}

async function open(options: EtcdOptions): Promise<EtcdStore> {
  const store = await openEtcd({ timeoutMs: 20_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

function keysAreGone(): never {
  throw new Error('the keys are gone');
}

it('keys of TLS are both ways, and the name counts', async () => {
  const { address: hosts } = await memberOf(authority);
  const store = await open({ hosts, tls: keysOf(authority) });
  await store.put('key', 'value');
  const elsewhere = { ...keysOf(authority), serverName: 'elsewhere' };
  const deceived = (): Promise<unknown> =>
    openEtcd({ hosts, tls: elsewhere, timeoutMs: 500 }).catch((error: unknown) => error);
  await expect.poll(deceived, { timeout: 20_000 }).toMatchObject({
    code: 'DEADLINE_EXCEEDED',
    message: expect.stringContaining('altnames'),
  });
});

describe('TLS whose keys are a function', () => {
  it('is renewed with each connection', async () => {
    const next = new Authority('the next authority');
    const [before, after] = [await memberOf(authority), await memberOf(next)];
    await using network = await FaultyNetwork.to(portOf(before));
    let keys = keysOf(authority);
    const store = await open({ hosts: network.address, tls: () => keys });
    await store.put('key', 'before');
    network.target = portOf(after);
    network.reset();
    await expect(store.find('key', { timeoutMs: 300 })).rejects.toMatchObject({ code: 'DEADLINE_EXCEEDED' });
    keys = keysOf(next);
    await store.put('key', 'after');
  });

  it.each([
    ['that throws', () => keysAreGone(), 'the keys are gone'],
    [
      'that gives what comes later',
      async () => ({}),
      'tls() is [object Promise]; use keys that are loaded already',
    ],
    ['that gives no object', () => 'PEM', 'tls is of type string'],
    ['that gives a pair with one half', () => ({ cert: 'PEM' }), 'tls has only one of cert and key'],
  ])('%s fails each attempt by name, and is asked again', async (_what, bad, message) => {
    const { address: hosts } = await memberOf(authority);
    let isBad = true;
    const tls = (): EtcdTlsOptions => (isBad ? (bad() as EtcdTlsOptions) : keysOf(authority));
    const told = (): Promise<unknown> =>
      openEtcd({ hosts, tls, timeoutMs: 500 }).catch((error: unknown) => error);
    await expect.poll(told, { timeout: 20_000 }).toMatchObject({
      code: 'DEADLINE_EXCEEDED',
      message: expect.stringContaining(message),
    });
    const opening = open({ hosts, tls });
    isBad = false;
    await (await opening).put('key', 'value');
  });
});
