import { status } from '@grpc/grpc-js';
import { errorCode, isNoriKVError } from '@norikv/store';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type EtcdOptions, type EtcdStore, openEtcd } from '../src/index.js';
import { MessageWriter } from '../src/wire/message-writer.js';
import { methods } from '../src/wire/methods.js';
import { etcdError, FakeEtcd, lostAnswer, noLeader } from './support/fake-etcd.js';

describe('what is sent again', () => {
  it('a write whose answer was lost is not, and is unknown', async () => {
    const [fake] = await members(1);
    fake.answer = () => lostAnswer;
    const store = await open([fake]);
    expect(await errorOf(store.put('key', 'value'))).toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'unknown',
    });
    expect(fake.counted(methods.transaction)).toBe(1);
  });

  it('a write refused for lack of a leader is, on the next member', async () => {
    const [first, second] = await members(2);
    for (const fake of [first, second]) {
      fake.answer = ({ number }) => (number === 1 && fake === first ? noLeader : fake.written(5n));
    }
    const store = await open([first, second]);
    expect(await store.put('key', 'value')).toEqual({ term: 7n, index: 5n });
    expect([first.counted(methods.transaction), second.counted(methods.transaction)]).toEqual([1, 1]);
  });

  it('a write refused by a member without a vote is, on the next member, which is stayed with', async () => {
    const [learner, voter] = await members(2);
    learner.answer = () => etcdError(status.UNAVAILABLE, 'rpc not supported for learner');
    voter.answer = () => voter.written(5n);
    const store = await open([learner, voter]);
    for (let write = 0; write < 3; write += 1) {
      expect(await store.put('key', 'value')).toEqual({ term: 7n, index: 5n });
    }
    expect([learner.counted(methods.transaction), voter.counted(methods.transaction)]).toEqual([1, 3]);
  });

  it('a write without quorum ends with its deadline, not applied, and says why', async () => {
    const [fake] = await members(1);
    fake.answer = () => noLeader;
    const store = await open([fake]);
    const error = await errorOf(store.put('key', 'value', { timeoutMs: 4_000 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error?.message).toContain('no leader');
    expect(fake.counted(methods.transaction)).toBeGreaterThan(1);
    // With pauses in between.
    expect(fake.counted(methods.transaction)).toBeLessThan(40);
  });

  it('a call with a deadline that cannot be written down is sent with one that can', async () => {
    const [fake] = await members(1);
    fake.answer = () => fake.written(5n);
    const store = await open([fake]);
    const forEver = { timeoutMs: Number.MAX_SAFE_INTEGER };
    expect(await store.put('key', 'value', forEver)).toEqual({ term: 7n, index: 5n });
  });

  it('a read is, whatever was lost', async () => {
    const [fake] = await members(1);
    fake.answer = ({ number }) => (number < 3 ? lostAnswer : new MessageWriter().message(1, fake.header()));
    const store = await open([fake]);
    expect(await store.find('key')).toBe(null);
    expect(fake.counted(methods.range)).toBe(3);
  });

  it('a read that is never answered has applied nothing', async () => {
    const [fake] = await members(1);
    fake.answer = () => 'nothing';
    const store = await open([fake]);
    const error = await errorOf(store.find('key', { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
  });

  it('a write with an idempotency key is, whatever was lost', async () => {
    const [fake] = await members(1);
    const inner = (): MessageWriter => new MessageWriter().message(4, new MessageWriter().flag(2, true));
    fake.answer = ({ method, number }) => {
      if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
      if (number === 1) return lostAnswer;
      return new MessageWriter().message(1, fake.header(8n)).message(3, inner());
    };
    const store = await open([fake]);
    expect(await store.put('key', 'value', { idempotencyKey: 'id' })).toEqual({ term: 7n, index: 8n });
    expect(fake.counted(methods.transaction)).toBe(2);
  });

  it('a write for which there is no room is not, though it could be', async () => {
    const [fake] = await members(1);
    fake.answer = ({ method }) => {
      if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
      return etcdError(status.RESOURCE_EXHAUSTED, 'mvcc: database space exceeded');
    };
    const store = await open([fake]);
    const error = await errorOf(store.put('key', 'value', { idempotencyKey: 'id' }));
    expect(error).toMatchObject({ code: 'RESOURCE_EXHAUSTED', outcome: 'unknown' });
    expect(fake.counted(methods.transaction)).toBe(1);
  });

  it.each([
    ['a deadline', { timeoutMs: 4_000 }, noLeader, 'DEADLINE_EXCEEDED'],
    ['an error that is certain', {}, etcdError(status.PERMISSION_DENIED, 'permission denied'), 'UNAVAILABLE'],
  ])('after a lost answer %s leaves it unknown', async (_, options, later, code) => {
    const [fake] = await members(1);
    fake.answer = ({ method, number }) => {
      if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
      return number === 1 ? lostAnswer : later;
    };
    const store = await open([fake]);
    const error = await errorOf(store.put('key', 'value', { idempotencyKey: 'id', ...options }));
    expect(error).toMatchObject({ code, outcome: 'unknown' });
  });

  it('after a lost answer a signal leaves it unknown', async () => {
    const [fake] = await members(1);
    const controller = new AbortController();
    fake.answer = ({ method, number }) => {
      if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
      // While the third attempt waits for its turn.
      if (number === 2) setTimeout(() => controller.abort(), 10);
      return number === 1 ? lostAnswer : noLeader;
    };
    const store = await open([fake]);
    const { signal } = controller;
    const error = await errorOf(store.put('key', 'value', { idempotencyKey: 'id', signal }));
    expect(error).toMatchObject({ code: 'CANCELLED', outcome: 'unknown' });
  });

  it('a write tied to a lease that is gone is, once, on a new lease', async () => {
    const [fake] = await members(1);
    let losses = 1;
    fake.answer = ({ method, number }) => {
      if (method === methods.grantLease)
        return new MessageWriter().message(1, fake.header()).number(2, number);
      return losses-- > 0 ? etcdError(status.NOT_FOUND, 'requested lease not found') : fake.written(3n);
    };
    const store = await open([fake]);
    await store.put('key', 'value', { ttlMs: 1_000 });
    expect(fake.counted(methods.grantLease)).toBe(2);
    losses = 2;
    const error = await errorOf(store.put('key', 'value', { ttlMs: 1_000 }));
    expect(error).toMatchObject({ code: 'ETCD_LEASE_LOST', outcome: 'not-applied' });
  });

  it('a call with a token that no longer counts is, with a new one', async () => {
    const [fake] = await members(1);
    fake.answer = ({ method, number, token }) => {
      if (method === methods.authenticate) return new MessageWriter().text(2, `token ${number}`);
      if (token === 'token 1') return etcdError(status.UNAUTHENTICATED, 'invalid auth token');
      return fake.written(4n);
    };
    const store = await open([fake], { credentials: { username: 'user', password: 'secret' } });
    expect(await store.put('key', 'value')).toEqual({ term: 7n, index: 4n });
    expect(fake.counted(methods.authenticate)).toBe(2);
    fake.answer = ({ method }) =>
      method === methods.authenticate
        ? new MessageWriter().text(2, 'token')
        : etcdError(status.UNAUTHENTICATED, 'invalid auth token');
    expect(errorCode(await errorOf(store.put('key', 'value')))).toBe('UNAUTHENTICATED');
  });

  it.each([
    ['a lease', { ttlMs: 1_000 }, {}],
    ['a login', {}, { credentials: { username: 'user', password: 'secret' } }],
  ])('%s is, for whoever has time left when that of others is over', async (_, ttl, login) => {
    const [fake] = await members(1);
    const noLeaderUntil = (endsAtMs: number): void => {
      fake.answer = ({ method, number, token }) => {
        if (performance.now() < endsAtMs && method !== methods.transaction) return noLeader;
        if (method === methods.authenticate) return new MessageWriter().text(2, `token ${number}`);
        if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
        return token === 'token 1'
          ? etcdError(status.UNAUTHENTICATED, 'invalid auth token')
          : fake.written(4n);
      };
    };
    noLeaderUntil(0);
    const store = await open([fake], { timeoutMs: 1_000, ...login });
    noLeaderUntil(performance.now() + 1_800);
    const [short, long] = [
      store.put('key', 'short', ttl),
      store.put('key', 'long', { ...ttl, timeoutMs: 20_000 }),
    ];
    expect(await errorOf(short)).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(await long).toEqual({ term: 7n, index: 4n });
    noLeaderUntil(Infinity);
    const error = await errorOf(store.put('key', 'value', { ttlMs: 3_600_000, timeoutMs: 1_500 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error?.message).toContain('no leader');
  });

  it('a login is, until a member has a leader', async () => {
    const [fake] = await members(1);
    fake.answer = ({ number }) => (number < 3 ? noLeader : new MessageWriter().text(2, 'token'));
    await open([fake], { credentials: { username: 'user', password: 'secret' } });
    expect(fake.counted(methods.authenticate)).toBe(3);
  });
});

describe('members that do not answer', () => {
  it('a silent one is left: writes are unknown, reads go on elsewhere', async () => {
    const [silent, other] = await members(2);
    silent.answer = () => {
      silent.answersStatus = false;
      return 'nothing';
    };
    other.answer = ({ method }) =>
      method === methods.range ? new MessageWriter().message(1, other.header()) : other.written(6n);
    const store = await open([silent, other], { timeoutMs: 20_000 });
    const [write, read] = await Promise.all([errorOf(store.put('key', 'value')), store.find('key')]);
    expect(write).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(read).toBe(null);
    expect(await store.put('key', 'value')).toEqual({ term: 7n, index: 6n });
  });

  it.each([
    [
      'that lost its leader',
      (fake: FakeEtcd) => Object.assign(fake, { hasLeader: false }),
      'knows no leader',
    ],
    ['that got a new leader', (fake: FakeEtcd) => Object.assign(fake, { term: 2n }), 'new leader'],
  ])('calls to one %s are given up, never taken as refused', async (_, change, why) => {
    const [fake] = await members(1);
    fake.answer = () => {
      change(fake);
      return 'nothing';
    };
    const store = await open([fake], { timeoutMs: 20_000 });
    const error = await errorOf(store.put('key', 'value'));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(error?.message).toContain(why);
    expect(fake.counted(methods.transaction)).toBe(1);
  });

  it('one that is only slow keeps its calls', async () => {
    const [fake] = await members(1);
    fake.answer = () => 'nothing';
    const store = await open([fake]);
    const error = await errorOf(store.put('key', 'value', { timeoutMs: 2_500 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
  });

  it('one from which something arrives keeps its calls', async () => {
    const [fake] = await members(1);
    fake.answer = () => {
      Object.assign(fake, { answersStatus: false, isSending: true });
      return 'nothing';
    };
    const store = await open([fake]);
    const error = await errorOf(store.put('key', 'value', { timeoutMs: 5_000 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
  });

  it('is asked for longer how it is while a large write is on its way to it', async () => {
    const [fake] = await members(1);
    fake.answer = () => 'nothing';
    const store = await open([fake], { timeoutMs: 20_000 });
    const writes = new AbortController();
    const write = errorOf(store.put('key', new Uint8Array(600_000), { signal: writes.signal }));
    await expect.poll(() => fake.patiencesMs.length, { timeout: 20_000 }).toBe(2);
    const [before = 0, meanwhile = 0] = fake.patiencesMs;
    expect(before).toBeLessThanOrEqual(1_500);
    expect(meanwhile).toBeGreaterThan(3_000);
    writes.abort();
    await write;
  });

  it('one of another cluster is never used', async () => {
    const [one, other] = await members(2);
    other.clusterId = 8n;
    for (const fake of [one, other]) fake.answer = () => fake.written(2n);
    const store = await open([one, other]);
    const { term } = await store.put('key', 'value');
    const [own, foreign] = term === 7n ? [one, other] : [other, one];
    await own[Symbol.asyncDispose]();
    await errorOf(store.put('key', 'value', { timeoutMs: 2_000 })); // The connection may not be known to be broken yet.
    const error = await errorOf(store.put('key', 'value', { timeoutMs: 2_000 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error?.message).toContain('another cluster');
    expect(foreign.calls).toHaveLength(0);
  });

  it('do not keep a store from closing', async () => {
    const [own, mute] = await members(2);
    mute.answersStatus = false;
    const store = await open([own, mute]);
    own.answer = () => {
      own.answersStatus = false;
      return 'nothing';
    };
    const call = errorOf(store.put('key', 'value', { timeoutMs: 1_600 }));
    const closed = store.close();
    expect(await call).toMatchObject({ outcome: 'unknown' });
    await closed;
    expect(process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length).toBeLessThan(5);
  });

  it('without any, opening says why for each', async () => {
    const error = await errorOf(openEtcd({ hosts: ['127.0.0.1:1', 'http://localhost:2'], timeoutMs: 3_000 }));
    expect(error).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    expect(error?.message).toMatch(/127\.0\.0\.1:1: .*ECONNREFUSED.*localhost:2: /s);
  });
});

async function members<Count extends 1 | 2>(
  count: Count,
): Promise<Count extends 1 ? [FakeEtcd] : [FakeEtcd, FakeEtcd]>;
async function members(count: number): Promise<FakeEtcd[]> {
  const fakes = await Promise.all(Array.from({ length: count }, () => FakeEtcd.start()));
  onTestFinished(async () => {
    for (const fake of fakes) await fake[Symbol.asyncDispose]();
  });
  return fakes;
}

/** Begins with the first host. */
async function open(fakes: readonly FakeEtcd[], options: Partial<EtcdOptions> = {}): Promise<EtcdStore> {
  const hosts = fakes.map(({ address }) => address);
  const store = await openEtcd({ hosts, random: () => 0, ...options });
  onTestFinished(() => store.close());
  return store;
}

async function errorOf(call: Promise<unknown>): Promise<Error | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isNoriKVError(error)) return error;
    throw error;
  }
}
