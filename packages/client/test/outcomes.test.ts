import { getEventListeners } from 'node:events';
import { Metadata, status } from '@grpc/grpc-js';
import type { PutOptions } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import { NotLeaderError } from '../src/index.js';
import { methods, trailers } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { RawServer } from './support/raw-server.js';

const all = {
  engine: 'a double',
  atomicCas: true,
  createIfAbsent: true,
  deleteCas: true,
  linearizableReads: true,
  putVersionUsable: true,
  ttl: 'exact',
  durableAck: true,
  idempotency: 'durable',
};
const version = { term: 1n, index: 1n };
const honoured = { 'norikv-honoured': 'if_match,ttl_ms,idempotency_key' };
const written = { version, meta: honoured };

/** A server that answers puts, deletes and gets with what the script says, and then well. */
async function scripted(answers: unknown[], description: object = all): Promise<RawServer> {
  const next = <Good>(good: Good): Good => (answers.length > 0 ? (answers.shift() as Good) : good);
  return new RawServer()
    .answer(methods.describe, () => description)
    .answer(methods.put, () => next(written))
    .answer(methods.get, () => next({ version, value: new Uint8Array() }))
    .answer(methods.delete, () => next({ tombstoned: true }))
    .answer(methods.deleteExactly, () => next({ tombstoned: true }))
    .listen();
}

const refuse = (code: status, details = '', metadata = new Metadata()): object => ({
  refuse: { code, details, metadata },
});
const unavailable = refuse(status.UNAVAILABLE, 'gone');
const mismatch = refuse(status.FAILED_PRECONDITION, 'version mismatch');
function vouched(): Metadata {
  const metadata = new Metadata();
  metadata.set(trailers.outcome, 'not-applied');
  return metadata;
}

describe('what is sent again after UNAVAILABLE', () => {
  const once = 1;
  const twice = 2;
  it.each([
    ['a read', twice, (client: Client) => client.get('key')],
    ['a put without a condition', once, (client: Client) => client.put('key', 'x')],
    ['a create', once, (client: Client) => client.put('key', 'x', { ifNotExists: true })],
    ['a put with a version', twice, (client: Client) => client.put('key', 'x', { ifMatchVersion: version })],
    ['a put with an id', twice, (client: Client) => client.put('key', 'x', { idempotencyKey: 'id' })],
    [
      'a create with an id',
      twice,
      (client: Client) => client.put('key', 'x', { idempotencyKey: 'id', ifNotExists: true }),
    ],
    ['a delete', once, (client: Client) => client.delete('key')],
    ['a delete with a version', twice, (client: Client) => client.delete('key', { ifMatchVersion: version })],
    ['a delete with an id', twice, (client: Client) => client.delete('key', { idempotencyKey: 'id' })],
  ] as const)('%s: sent %i times', async (_what, times, call) => {
    await using server = await scripted([unavailable]);
    await using client = await connect(server.address);
    const [result] = await Promise.allSettled([call(client)]);
    expect(server.calls.filter((path) => path !== methods.describe.path)).toHaveLength(times);
    if (times === once) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'UNAVAILABLE', outcome: 'unknown' },
      });
    } else expect(result?.status).toBe('fulfilled');
  });

  it('nothing with an id the server forgets when it dies', async () => {
    await using server = await scripted([unavailable], { ...all, idempotency: 'node' });
    await using client = await connect(server.address);
    const error = await failure(client.put('key', 'x', { idempotencyKey: 'id' }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(client.getStats().retries).toBe(0);
  });

  it('everything the server vouches it did not apply', async () => {
    await using server = await scripted([refuse(status.UNAVAILABLE, 'stopping', vouched())]);
    await using client = await connect(server.address);
    expect(await client.put('key', 'x')).toEqual(version);
  });

  it('not more than maxAttempts times', async () => {
    await using server = await scripted(Array.from({ length: 9 }, () => unavailable));
    await using client = await connect(server.address, { retry: { maxAttempts: 4, initialDelayMs: 1 } });
    expect(await failure(client.get('key'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'not-applied' });
    expect(client.getStats()).toMatchObject({ retries: 3, failures: 1, calls: 1, isConnected: true });
    await client.close();
    expect(client.getStats().isConnected).toBe(false);
  });
});

describe('a copy that loses after one that nobody answered', () => {
  it('is unknown: the one before it may have won', async () => {
    await using server = await scripted([unavailable, mismatch]);
    await using client = await connect(server.address);
    const error = await failure(client.put('key', 'x', { ifMatchVersion: version }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(error.cause).toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  it('is a mismatch if the server would have known its id', async () => {
    await using server = await scripted([unavailable, mismatch]);
    await using client = await connect(server.address);
    const options = { ifMatchVersion: version, idempotencyKey: 'id' };
    expect(await failure(client.put('key', 'x', options))).toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  it('that is refused for another reason is unknown, though the server would have known its id', async () => {
    await using server = await scripted([unavailable, refuse(status.RESOURCE_EXHAUSTED, 'slow down')]);
    await using client = await connect(server.address);
    const error = await failure(client.put('key', 'x', { idempotencyKey: 'id' }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(error.cause).toMatchObject({ code: 'RESOURCE_EXHAUSTED' });
  });

  it('a delete with a version: likewise unknown', async () => {
    await using server = await scripted([
      unavailable,
      refuse(status.FAILED_PRECONDITION, 'key does not exist'),
    ]);
    await using client = await connect(server.address);
    const error = await failure(client.delete('key', { ifMatchVersion: version }));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  });

  it('cancelled or late in between: unknown, too', async () => {
    const slow = { retry: { initialDelayMs: 60_000, maxDelayMs: 60_000 }, random: () => 0.9 };
    await using server = await scripted([unavailable, unavailable]);
    await using client = await connect(server.address, slow);
    const controller = new AbortController();
    const cancelled = failure(client.put('key', 'x', { ifMatchVersion: version, signal: controller.signal }));
    await expect.poll(() => client.getStats().retries).toBe(1);
    controller.abort('enough');
    expect(await cancelled).toMatchObject({ name: 'AbortError', outcome: 'unknown', cause: 'enough' });
    const late = await failure(client.put('key', 'x', { ifMatchVersion: version, timeoutMs: 200 }));
    expect(late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
  });
});

describe('a server that keeps less than the one before, which nobody has heard of since', () => {
  it.each<[string, object, PutOptions]>([
    ['ids for good', { idempotency: 'node' }, { idempotencyKey: 'id' }],
    ['ids', { idempotency: 'none' }, { idempotencyKey: 'id' }],
    ['versions', { atomicCas: false }, { ifMatchVersion: version }],
  ])('and knows no %s, is not sent a copy', async (_what, less, options) => {
    await using first = await scripted([unavailable]);
    await using second = await scripted([], { ...all, ...less });
    const nodes = [first.address, second.address];
    await using client = await connect(first.address, { nodes, unsafeAllowPlainServer: true });
    const error = await failure(client.put('key', 'x', options));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(second.calls).not.toContain(methods.put.path);
  });

  it.each([
    ['node', 'durable'],
    ['durable', 'node'],
  ])('or another: by ids kept by "%s" and "%s" a mismatch proves nothing', async (before, after) => {
    await using first = await scripted([unavailable], { ...all, idempotency: before });
    await using second = await scripted([mismatch], { ...all, idempotency: after });
    await using client = await connect(first.address, { nodes: [first.address, second.address] });
    const options = { ifMatchVersion: version, idempotencyKey: 'id' };
    const error = await failure(client.put('key', 'x', options));
    expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(error.cause).toMatchObject({ code: 'VERSION_MISMATCH' });
  });

  it('is sent what a version guards, whatever it knows of ids', async () => {
    await using first = await scripted([unavailable]);
    await using second = await scripted([], { ...all, idempotency: 'node' });
    await using client = await connect(first.address, { nodes: [first.address, second.address] });
    const options = { ifMatchVersion: version, idempotencyKey: 'id' };
    expect(await client.put('key', 'x', options)).toEqual(version);
  });
});

it('a metadata hook that breaks between two copies does not hide that the first may have been applied', async () => {
  await using server = await scripted([unavailable]);
  let puts = 0;
  const metadata = (method: string): Record<string, string> => {
    if (method === methods.put.path && ++puts === 2) throw new TypeError('a mistake of the hook');
    return {};
  };
  await using client = await connect(server.address, { metadata });
  const error = await failure(client.put('key', 'x', { ifMatchVersion: version }));
  expect(error).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
});

describe('what a status means', () => {
  it.each([
    [status.FAILED_PRECONDITION, 'version mismatch', 'VERSION_MISMATCH', 'not-applied'],
    [status.ALREADY_EXISTS, '', 'ALREADY_EXISTS', 'not-applied'],
    [status.NOT_FOUND, '', 'KEY_NOT_FOUND', 'not-applied'],
    [status.INVALID_ARGUMENT, 'bad', 'INVALID_ARGUMENT', 'not-applied'],
    [status.OUT_OF_RANGE, 'bad', 'INVALID_ARGUMENT', 'not-applied'],
    [status.UNIMPLEMENTED, 'what', 'UNSUPPORTED', 'not-applied'],
    [status.RESOURCE_EXHAUSTED, 'slow down', 'RESOURCE_EXHAUSTED', 'not-applied'],
    [status.UNAUTHENTICATED, 'who', 'UNAUTHENTICATED', 'not-applied'],
    [status.PERMISSION_DENIED, 'no', 'UNAUTHENTICATED', 'not-applied'],
    [status.DEADLINE_EXCEEDED, 'late', 'DEADLINE_EXCEEDED', 'unknown'],
    [status.CANCELLED, 'by a proxy', 'UNAVAILABLE', 'unknown'],
    [status.INTERNAL, 'CommitTimeout', 'INTERNAL', 'unknown'],
    [status.INTERNAL, 'Received RST_STREAM with code 2', 'UNAVAILABLE', 'unknown'],
    [status.UNKNOWN, 'what', 'INTERNAL', 'unknown'],
    [status.DATA_LOSS, '', 'INTERNAL', 'unknown'],
  ])('%i "%s" of a put: %s, %s', async (code, details, errorCode, outcome) => {
    const answers = Array.from({ length: 3 }, () => refuse(code, details));
    await using server = await scripted(answers);
    await using client = await connect(server.address);
    const error = await failure(client.put('key', 'x', { ifMatchVersion: version }));
    expect(error).toMatchObject({ code: errorCode, outcome, key: 'key' });
  });

  it('a read never has an unknown outcome', async () => {
    await using server = await scripted([refuse(status.INTERNAL, 'oops')]);
    await using client = await connect(server.address);
    expect(await failure(client.get('key'))).toMatchObject({ code: 'INTERNAL', outcome: 'not-applied' });
  });

  it('FAILED_PRECONDITION without a condition is not understood, and so unknown', async () => {
    await using server = await scripted([refuse(status.FAILED_PRECONDITION, 'Not leader')]);
    await using client = await connect(server.address);
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'INTERNAL', outcome: 'unknown' });
  });

  it('a mismatch carries what the key holds, if the server says it in words that make sense', async () => {
    const garbage = new Metadata();
    garbage.set(trailers.actual, Buffer.from([0xff, 0xff]));
    const answers = [
      refuse(status.FAILED_PRECONDITION, 'version mismatch', garbage),
      refuse(status.FAILED_PRECONDITION, 'key does not exist'),
    ];
    await using server = await scripted(answers);
    await using client = await connect(server.address);
    const put = () => failure(client.put('key', 'x', { ifMatchVersion: version }));
    expect(await put()).toMatchObject({ code: 'VERSION_MISMATCH', actual: undefined });
    expect(await put()).toMatchObject({ code: 'VERSION_MISMATCH', actual: null });
  });

  it('a missing key is an error of get, and null of find', async () => {
    await using server = await scripted([{}, {}]);
    await using client = await connect(server.address);
    expect(await failure(client.get('key'))).toMatchObject({ code: 'KEY_NOT_FOUND', key: 'key' });
    expect(await client.find('key')).toBeNull();
  });

  it('a missing key is that, too, if the server answers so with a status', async () => {
    await using server = await scripted(Array.from({ length: 4 }, () => refuse(status.NOT_FOUND, 'no key')));
    await using client = await connect(server.address);
    expect(await client.find('key')).toBeNull();
    expect(await failure(client.get('key'))).toMatchObject({ code: 'KEY_NOT_FOUND', key: 'key' });
    expect(await client.delete('key')).toBe(false);
    const conditional = client.delete('key', { ifMatchVersion: version });
    expect(await failure(conditional)).toMatchObject({ code: 'KEY_NOT_FOUND', outcome: 'not-applied' });
  });

  it('a put answered without a version is unknown', async () => {
    await using server = await scripted([{}]);
    await using client = await connect(server.address);
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'INTERNAL', outcome: 'unknown' });
  });
});

describe('the end of a call', () => {
  it('comes before it begins if its signal has fired', async () => {
    await using server = await scripted([]);
    await using client = await connect(server.address);
    const error = await failure(client.put('key', 'x', { signal: AbortSignal.abort('reason') }));
    expect(error).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied', cause: 'reason' });
    expect(server.calls).not.toContain(methods.put.path);
    expect(client.getStats().calls).toBe(0);
  });

  it('comes by its deadline: unknown on a write, and the server is told', async () => {
    await using server = await scripted(['silence', 'silence']);
    await using client = await connect(server.address);
    const put = await failure(client.put('key', 'x', { timeoutMs: 500 }));
    expect(put).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'unknown' });
    const get = await failure(client.get('key', { timeoutMs: 500 }));
    expect(get).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
  });

  it('comes by its signal: unknown on a write that was sent', async () => {
    await using server = await scripted(['silence', 'silence']);
    await using client = await connect(server.address);
    const { signal, ...controller } = aborter();
    const put = failure(client.put('key', 'x', { signal }));
    await expect.poll(() => server.calls.includes(methods.put.path)).toBe(true);
    controller.abort();
    expect(await put).toMatchObject({
      name: 'AbortError',
      code: 'CANCELLED',
      outcome: 'unknown',
      cause: 'reason',
    });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('comes by its signal, at whatever moment that fires', async () => {
    await using server = await scripted(Array.from({ length: 60 }, () => 'silence'));
    await using client = await connect(server.address, { token: async () => 'token' });
    const calls = Array.from({ length: 40 }, async (_, moment) => {
      const controller = new AbortController();
      const put = failure(client.put('key', 'x', { signal: controller.signal, timeoutMs: 5_000 }));
      for (let turn = 0; turn < moment; turn++) await Promise.resolve();
      controller.abort();
      return (await put).code;
    });
    expect(await Promise.all(calls)).toEqual(calls.map(() => 'CANCELLED'));
  });

  it('leaves no listener on a signal that does not fire', async () => {
    await using server = await scripted([mismatch]);
    await using client = await connect(server.address);
    const { signal } = new AbortController();
    await failure(client.put('key', 'x', { signal, ifMatchVersion: version }));
    await client.get('key', { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('comes before it is sent when no server is there', async () => {
    const server = await scripted([]);
    const client = await connect(server.address);
    await server[Symbol.asyncDispose]();
    await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
    const late = await failure(client.put('key', 'x', { timeoutMs: 100 }));
    expect(late).toMatchObject({ code: 'DEADLINE_EXCEEDED', outcome: 'not-applied' });
    const { signal, abort } = aborter();
    const cancelled = failure(client.put('key', 'x', { signal }));
    abort();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    const closed = failure(client.put('key', 'x'));
    await client.close();
    expect(await closed).toMatchObject({ code: 'CLOSED', outcome: 'not-applied' });
  });
});

it('nothing is sent again by a client that is being closed', async () => {
  let fail = (): void => {};
  await using server = await new RawServer()
    .answer(methods.describe, () => all)
    .answer(methods.get, async () => {
      await new Promise<void>((resolve) => {
        fail = resolve;
      });
      return { refuse: { code: status.UNAVAILABLE, details: 'gone' } };
    })
    .listen();
  const client = await connect(server.address);
  const gets = (): number => server.calls.filter((path) => path === methods.get.path).length;
  const call = failure(client.get('key'));
  await expect.poll(gets).toBe(1);
  const closed = client.close();
  fail();
  expect(await call).toMatchObject({ code: 'UNAVAILABLE', message: expect.stringContaining('gone') });
  await closed;
  expect(gets()).toBe(1);
});

describe('a leader that is somewhere else', () => {
  it('is found by its hint', async () => {
    await using leader = await scripted([]);
    const hint = new Metadata();
    hint.set(trailers.leaderHint, leader.address);
    await using follower = await scripted([refuse(status.UNAVAILABLE, 'NOT_LEADER', hint)]);
    await using client = await connect(follower.address);
    expect(await client.get('key')).toMatchObject({ version });
    expect(leader.calls).toContain(methods.get.path);
    // Remembered: the next call goes there at once.
    const before = follower.calls.length;
    await client.get('key');
    expect(follower.calls).toHaveLength(before);
  });

  it('is remembered, too, where the call itself cannot be sent again', async () => {
    await using leader = await scripted([]);
    const hint = new Metadata();
    hint.set(trailers.leaderHint, leader.address);
    await using follower = await scripted([refuse(status.UNAVAILABLE, 'NOT_LEADER', hint)]);
    await using client = await connect(follower.address);
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'NOT_LEADER', outcome: 'unknown' });
    expect(await client.put('key', 'x')).toEqual(version);
    expect(leader.calls).toContain(methods.put.path);
  });

  it('is looked for elsewhere if the hint is no address, and a blind put stays unknown', async () => {
    const hint = new Metadata();
    hint.set(trailers.leaderHint, 'node1-shard5');
    hint.set(trailers.leader, '0.0.0.0:7447');
    const notLeader = refuse(status.UNAVAILABLE, 'NOT_LEADER', hint);
    await using follower = await scripted([notLeader, notLeader, notLeader]);
    await using client = await connect(follower.address);
    const error = await failure(client.put('key', 'x'));
    expect(error).toBeInstanceOf(NotLeaderError);
    expect(error).toMatchObject({ code: 'NOT_LEADER', outcome: 'unknown', leaderHint: undefined });
    expect(client.getStats().nodes).toHaveLength(1);
  });

  it('a node that does not answer is left for one that does', async () => {
    await using dead = await scripted([]);
    await using alive = await scripted([]);
    await using client = await connect(dead.address, { nodes: [dead.address, alive.address] });
    await dead[Symbol.asyncDispose]();
    for (let round = 0; round < 5; round++)
      expect(await client.get(`key ${round}`)).toMatchObject({ version });
  });
});

type Client = Awaited<ReturnType<typeof connect>>;

function aborter(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort('reason') };
}
