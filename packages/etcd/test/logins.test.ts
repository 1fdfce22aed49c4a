import { connectivityState, Metadata, status } from '@grpc/grpc-js';
import { errorCode, systemClock } from '@norikv/store';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { newChannel } from '../src/channel.js';
import { Credentials, credentialsOf } from '../src/credentials.js';
import { type EtcdOptions, openEtcd } from '../src/index.js';
import { Inquiry } from '../src/inquiry.js';
import { identities } from '../src/tls.js';
import { MessageWriter } from '../src/wire/message-writer.js';
import { methods } from '../src/wire/methods.js';
import { etcdError, type FakeAnswer, type FakeCall, FakeEtcd, noLeader } from './support/fake-etcd.js';

const credentials = { username: 'shop', password: 'secret' };
const nobody = etcdError(status.INVALID_ARGUMENT, 'user name is empty');
const wrongPassword = etcdError(
  status.INVALID_ARGUMENT,
  'authentication failed, invalid user ID or password',
);
const wrongPasswordText = 'etcdserver: authentication failed, invalid user ID or password';
const staleToken = etcdError(status.UNAUTHENTICATED, 'invalid auth token');
const fakes: FakeEtcd[] = [];

afterEach(async () => {
  for (const fake of fakes.splice(0)) await fake[Symbol.asyncDispose]();
});

/** A member of a cluster with logins that tells its status to no one, as etcd 3.6 to whom is not root. */
async function guardedMember(): Promise<FakeEtcd> {
  const fake = await FakeEtcd.start();
  fake.statusRefusal = nobody;
  fake.answer = (call) => guarded(fake, call);
  fakes.push(fake);
  return fake;
}

function guarded(fake: FakeEtcd, { method, number, token }: FakeCall): FakeAnswer {
  if (method === methods.authenticate) {
    return new MessageWriter().message(1, fake.header()).text(2, `token ${number}`);
  }
  if (token === undefined) return nobody;
  return method === methods.range ? new MessageWriter().message(1, fake.header()) : fake.written(4n);
}

async function inquire(fake: FakeEtcd, current = async () => credentials) {
  const channel = newChannel(fake.address, { identify: identities(undefined), connected: () => {} });
  onTestFinished(() => channel.close());
  expect(channel.getConnectivityState(true)).not.toBe(connectivityState.SHUTDOWN);
  const inquiry = new Inquiry(new Credentials(current), new Uint8Array([0]));
  return { ask: () => inquiry.ask(channel), channel };
}

async function open(options: EtcdOptions) {
  const store = await openEtcd({ timeoutMs: 20_000, ...options });
  onTestFinished(() => store.close());
  return store;
}

describe('a cluster that tells its status only to some', () => {
  it('is asked with the login, and used', async () => {
    const fake = await guardedMember();
    const store = await open({ hosts: fake.address, credentials });
    expect(await store.put('key', 'value')).toEqual({ term: 7n, index: 4n });
    expect(await store.find('key')).toBeNull();
  });

  it('is not waited for where the login is missing, wrong, or without the right', async () => {
    const fake = await guardedMember();
    const refused = async (options: Partial<EtcdOptions>): Promise<unknown> =>
      openEtcd({ hosts: fake.address, ...options }).catch((error: unknown) => error);
    expect(await refused({})).toMatchObject({
      code: 'UNAUTHENTICATED',
      outcome: 'not-applied',
      message: expect.stringContaining('pass credentials'),
    });
    fake.answer = () => wrongPassword;
    expect(errorCode(await refused({ credentials }))).toBe('UNAUTHENTICATED');
    const denied = etcdError(status.PERMISSION_DENIED, 'permission denied');
    fake.answer = (call) => (call.method === methods.range ? denied : guarded(fake, call));
    expect(errorCode(await refused({ credentials }))).toBe('UNAUTHENTICATED');
  });
});

describe('an inquiry', () => {
  it('logs in again when its login has become too old, and not before', async () => {
    const fake = await guardedMember();
    const { ask } = await inquire(fake);
    expect(await ask()).toEqual({ clusterId: 7n, term: 1n, hasLeader: true });
    fake.term = 2n;
    expect(await ask()).toEqual({ clusterId: 7n, term: 2n, hasLeader: true });
    expect(fake.counted(methods.authenticate)).toBe(1);
    fake.answer = (call) => (call.token === 'token 1' ? staleToken : guarded(fake, call));
    expect(await ask()).toMatchObject({ term: 2n });
    expect(fake.counted(methods.authenticate)).toBe(2);
  });

  it('says why there is no answer', async () => {
    const fake = await guardedMember();
    const { ask } = await inquire(fake);
    await ask();
    fake.answer = () => noLeader;
    expect(await ask()).toMatchObject({ details: 'etcdserver: no leader' });
    fake.statusRefusal = etcdError(status.UNKNOWN, 'stopped');
    expect(await ask()).toMatchObject({ details: 'etcdserver: stopped' });
  });

  it.each([
    ['no message', () => new MessageWriter().number(2, 1)],
    ['no token', () => new MessageWriter().text(2, 'two\nlines')],
  ])('says so where a login is answered with %s, as does whoever logs in for calls', async (_, answer) => {
    const fake = await guardedMember();
    fake.answer = (call) => (call.method === methods.authenticate ? answer() : guarded(fake, call));
    const { ask } = await inquire(fake);
    expect(await ask()).toMatchObject({ details: expect.stringContaining('cannot be read') });
    fake.statusRefusal = undefined;
    await expect(openEtcd({ hosts: fake.address, credentials })).rejects.toMatchObject({
      code: 'INTERNAL',
      outcome: 'not-applied',
    });
  });

  it('is over if the connection is closed before it has its credentials', async () => {
    const fake = await guardedMember();
    let give = (): void => {};
    const later = new Promise<typeof credentials>((resolve) => {
      give = () => resolve(credentials);
    });
    let asked = false;
    const { ask, channel } = await inquire(fake, () => {
      asked = true;
      return later;
    });
    const answer = ask();
    await expect.poll(() => asked).toBe(true);
    channel.close();
    give();
    expect(await answer).toMatchObject({ code: status.CANCELLED });
  });
});

describe('credentials that are a function', () => {
  it.each(['open', 'guarded'])('are asked for at each login, by a member that is %s', async (kind) => {
    const fake = await guardedMember();
    if (kind === 'open') fake.statusRefusal = undefined;
    let [set, told] = ['first', 'first'];
    fake.answer = (call) => {
      if (call.method === methods.authenticate && !call.bytes.includes(set)) return wrongPassword;
      if (call.token !== undefined && call.token !== set) return staleToken;
      if (call.method !== methods.authenticate) return guarded(fake, call);
      return new MessageWriter().message(1, fake.header()).text(2, set);
    };
    const store = await open({
      hosts: fake.address,
      credentials: async () => ({ username: 'shop', password: told }),
    });
    await store.put('key', 'value');
    const logins = fake.counted(methods.authenticate);
    await store.put('key', 'value');
    expect(fake.counted(methods.authenticate)).toBe(logins);
    set = 'second';
    await expect(store.put('key', 'value')).rejects.toMatchObject({
      code: 'UNAUTHENTICATED',
      outcome: 'not-applied',
    });
    told = 'second';
    await store.put('key', 'value');
  });

  it.each<[string, () => unknown, string]>([
    [
      'throws',
      () => {
        throw new Error('the vault is sealed');
      },
      'credentials() failed: the vault is sealed',
    ],
    ['rejects with no error', () => Promise.reject('sealed'), 'credentials() failed: sealed'],
    ['gives half of them', () => ({ username: 'shop' }), 'credentials() failed: credentials lacks'],
  ])('fail the login by name if it %s', async (_what, source, message) => {
    const fake = await guardedMember();
    for (const statusRefusal of [nobody, undefined]) {
      fake.statusRefusal = statusRefusal;
      const options = { hosts: fake.address, credentials: source as () => typeof credentials };
      await expect(openEtcd({ timeoutMs: 20_000, ...options })).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        outcome: 'not-applied',
        message: expect.stringContaining(message),
      });
    }
    expect(fake.counted(methods.authenticate)).toBe(0);
  });

  it('fail the login by name if it hangs, before the time of the call is over', async () => {
    const hanging = credentialsOf(() => new Promise(() => {}), 20);
    await expect(hanging?.current()).rejects.toThrow('credentials() failed: No answer within 10 ms');
  });
});

describe('credentials that were refused', () => {
  const refusal = { code: status.INVALID_ARGUMENT, details: wrongPasswordText, metadata: new Metadata() };

  it('are not sent again by calls, nor by questions, until they rest no more', async () => {
    const fake = await guardedMember();
    const store = await open({ hosts: fake.address, credentials });
    const { ask } = await inquire(fake);
    const logins = fake.counted(methods.authenticate);
    fake.answer = ({ method }) => (method === methods.authenticate ? wrongPassword : staleToken);
    for (let times = 0; times < 20; times += 1) {
      await expect(store.put('key', 'value')).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        outcome: 'not-applied',
        message: expect.stringContaining('check the password'),
      });
      expect(await ask()).toMatchObject({ details: expect.stringContaining('invalid user ID or password') });
    }
    // The first ones, and those that came when a fifth of a second was over, twice as long the next time.
    expect(fake.counted(methods.authenticate) - logins).toBeLessThan(10);
    fake.answer = (call) => guarded(fake, call);
    await expect.poll(() => store.put('key', 'value').then(() => 'put', errorCode)).toBe('put');
  });

  it('rest for longer each time, unless they are accepted or others come', async () => {
    const time = vi.spyOn(systemClock, 'monotonic').mockReturnValue(0);
    onTestFinished(() => time.mockRestore());
    let now = 0;
    let password = 'secret';
    const login = new Credentials(async () => ({ username: 'shop', password }));
    const refusedFor = async (): Promise<number> => {
      login.refused(await login.current(), refusal);
      const start = now;
      for (; ; now += 100) {
        time.mockReturnValue(now);
        if (await login.current().catch(() => undefined)) return now - start;
      }
    };
    const rests = async (count: number): Promise<number[]> => {
      const all: number[] = [];
      for (let times = 0; times < count; times += 1) all.push(await refusedFor());
      return all;
    };
    expect(await rests(7)).toEqual([200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
    login.accepted();
    expect(await rests(2)).toEqual([200, 400]);
    password = 'another';
    expect(await rests(2)).toEqual([200, 400]);
  });

  it('are sent again where it was something else', async () => {
    const login = new Credentials(async () => credentials);
    for (const details of ['etcdserver: authentication is not enabled', 'connection reset']) {
      login.refused(credentials, { ...refusal, details });
      expect(await login.current()).toBe(credentials);
    }
  });
});
