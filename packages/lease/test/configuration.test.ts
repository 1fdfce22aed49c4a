import { InvalidArgumentError, UnsupportedError } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  createLeases,
  Fence,
  fencedPut,
  LeaderElection,
  type Leases,
  type LeasesOptions,
} from '../src/index.js';
import { partOf } from '../src/settings.js';
import { stores, World } from './world.js';

const capabilities = { durableAck: true };
const make = (options: LeasesOptions): Leases => createLeases(createMemoryStore({ capabilities }), options);

// The numbers are those of scenarios.md.
describe('52: the times of a lease', () => {
  it('that overlap are refused, with the sum', () => {
    const times = { ttlMs: 11_000, renewEveryMs: 10_000, requestTimeoutMs: 2_000, pollMs: 2_000 };
    expect(() => make(times)).toThrow(InvalidArgumentError);
    expect(() => make(times)).toThrow(
      'renewEveryMs 10000 + 2 x requestTimeoutMs 2000 = 14000 ms is more than ttlMs 11000 x (1 - safety 0.1) = 9900 ms',
    );
  });

  it.each([
    [{ ttlMs: 15_000, renewEveryMs: 9_501 }],
    [{ ttlMs: 15_000, requestTimeoutMs: 4_251 }],
    [{ ttlMs: 15_000, safety: 0.41 }],
    [{ ttlMs: 1 }],
    [{ ttlMs: 3 }],
  ])('are refused where %o does not fit', (options) => {
    expect(() => make(options)).toThrow('Raise ttlMs or lower the others');
  });

  it.each([
    [{}],
    [{ ttlMs: 15_000, renewEveryMs: 9_500 }],
    [{ ttlMs: 15_000, requestTimeoutMs: 4_250 }],
    [{ ttlMs: 15_000, safety: 0.4 }],
    [{ ttlMs: 10 }],
    [{ ttlMs: 2 ** 31 - 1 }],
    [{ ttlMs: undefined, jitter: 0, safety: 0.01 }],
  ])('are accepted where %o fits', (options) => {
    expect(() => make(options)).not.toThrow();
  });

  it.each([10, 60, 1_000, 5_000, 10_000, 3_600_000])('fit each other by default, for %i ms', (ttlMs) => {
    expect(() => make({ ttlMs })).not.toThrow();
  });
});

describe('53: bad input', () => {
  it.each([[5n], [null], ['5']])('is refused as an epoch floor: %s', (epochFloor) => {
    expect(() => make({ epochFloor: epochFloor as never })).toThrow(InvalidArgumentError);
    expect(() => make({ epochFloor: epochFloor as never })).toThrow(
      `epochFloor is ${shown(epochFloor)}; use a function`,
    );
  });

  const badTimes = [0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31, '5' as never, null as never];

  it.each(['ttlMs', 'renewEveryMs', 'requestTimeoutMs', 'pollMs'])('is refused by name: %s', (name) => {
    for (const value of badTimes) {
      expect(() => make({ [name]: value })).toThrow(InvalidArgumentError);
      expect(() => make({ [name]: value })).toThrow(`${name} is ${shown(value)}; use a whole number`);
    }
  });

  it('is refused for polls that no timer can keep with their jitter', () => {
    expect(() => make({ pollMs: 2 ** 29 })).toThrow('pollMs is 536870912; use a whole number');
    expect(() => make({ pollMs: 2 ** 29 - 1, jitter: 1 })).not.toThrow();
  });

  it.each([
    ['jitter', -0.1],
    ['jitter', 1.1],
    ['jitter', Number.NaN],
    ['safety', 0],
    ['safety', -0.2],
    ['safety', 1],
    ['safety', Number.NaN],
  ])('is refused by name: %s %d', (name, value) => {
    expect(() => make({ [name]: value })).toThrow(InvalidArgumentError);
    expect(() => make({ [name]: value })).toThrow(`${name} is ${shown(value)}; use a number`);
  });

  it.each([
    ['', 'owner is ""'],
    ['\ud800', 'owner is "\\ud800"'],
    [7, 'owner is 7'],
    ['o'.repeat(257), 'owner, 257 bytes long'],
  ])('is refused as an owner: %j', (owner, message) => {
    expect(() => make({ owner: owner as string })).toThrow(message);
  });

  it.each([
    ['', 'name is ""'],
    ['\ud800', 'name is "\\ud800"'],
    [undefined, 'name is undefined'],
    ['n'.repeat(1_011), 'name, 1011 bytes long'],
  ])('is refused as a name: %j', async (given, message) => {
    const leases = make({});
    const name = given as string;
    await expect(leases.tryAcquire(name)).rejects.toThrow(message);
    await expect(leases.acquire(name)).rejects.toThrow(message);
    await expect(leases.withLease(name, {}, () => 1)).rejects.toThrow(message);
    await expect(leases.holder(name)).rejects.toThrow(message);
    expect(() => leases.elect(name, { lead: () => {} })).toThrow(message);
    expect(() => leases.semaphore(name, 1)).toThrow(message);
  });

  it.each(['n'.repeat(1_010), 'näme/🔑:#', ' ', '\u0000'])('is not every odd name', async (name) => {
    const leases = make({});
    await using lease = await leases.acquire(name);
    expect(lease.isHeld()).toBe(true);
    await using slot = await leases.semaphore(name, 1_000).acquire();
    expect(slot.isHeld()).toBe(true);
  });

  it('keeps names apart, whatever is in them', async () => {
    await using world = await World.open(stores[0] as (typeof stores)[0]);
    const { leases, store, process } = world.node();
    const election = new LeaderElection(store, 'x', 'me', 10_000, { clock: process });
    const acquired = await world.run(
      Promise.all([
        leases.acquire('x'),
        leases.acquire('leader:x'),
        leases.acquire('semaphore:x'),
        leases.acquire('0:x'),
        leases.semaphore('x', 1).acquire(),
        leases.semaphore('0:x', 1).acquire(),
        election.start(),
      ]),
    );
    expect(acquired.slice(0, 6).every((lease) => lease?.isHeld())).toBe(true);
    expect(election.getIsLeader()).toBe(true);
    await world.run(election.stop());
  });

  it.each([-1, Number.NaN, '5' as never])('is refused as waitMs: %s', async (waitMs) => {
    await expect(make({}).acquire('x', { waitMs })).rejects.toThrow(
      `waitMs is ${shown(waitMs)}; use milliseconds`,
    );
  });

  it.each([300, null, 'x'])('is refused in the place of options: %s', async (options) => {
    const message = `options is ${shown(options)}; use an object`;
    const leases = make({});
    await expect(leases.acquire('x', options as never)).rejects.toThrow(message);
    await expect(leases.tryAcquire('x', options as never)).rejects.toThrow(message);
    await expect(leases.withLease('x', options as never, () => {})).rejects.toThrow(message);
    await expect(leases.semaphore('x', 2).acquire(options as never)).rejects.toThrow(message);
    expect(() => leases.elect('x', options as never)).toThrow(message);
    expect(await leases.holder('x')).toBeNull();
  });

  it('is refused if it is misspelt: a wait that is none would have no end', async () => {
    expect(() => make({ ttl: 5_000 } as never)).toThrow('an option is "ttl"; use ttlMs, renewEveryMs');
    const leases = make({});
    const misspelt = { waitMS: 5_000 } as never;
    const message = 'an option is "waitMS"; use autoRenew, renewWhile, waitMs, signal';
    await expect(leases.acquire('x', misspelt)).rejects.toThrow(message);
    await expect(leases.withLease('x', misspelt, () => {})).rejects.toThrow(message);
    await expect(leases.semaphore('x', 2).withSlot(misspelt, () => {})).rejects.toThrow(message);
    await expect(leases.tryAcquire('x', { waitMs: 5_000 } as never)).rejects.toThrow(
      'an option is "waitMs"; use autoRenew, renewWhile',
    );
    const lead = (): void => {};
    expect(() => leases.elect('x', { lead, grace: 0 } as never)).toThrow('an option is "grace"');
    expect(await leases.holder('x')).toBeNull();
  });

  it('is refused as a floor of epochs', async () => {
    const leases = make({ epochFloor: () => 5 as never });
    await expect(leases.acquire('x')).rejects.toThrow('epochFloor() is 5; use a bigint from 0n');
    const below = make({ epochFloor: () => -2n });
    await expect(below.acquire('x')).rejects.toThrow('epochFloor() is -2n; use a bigint from 0n');
    // Nothing was written that nobody could read.
    expect(await below.holder('x')).toBeNull();
  });

  it('is refused by elect', () => {
    const lead = (): void => {};
    expect(() => make({}).elect('x', { lead: undefined as never })).toThrow(
      'lead is undefined; use a function',
    );
    expect(() => make({}).elect('x', { lead, graceMs: -1 })).toThrow('graceMs is -1');
    expect(() => make({}).elect('x', { lead, graceMs: 0.5 })).toThrow('graceMs is 0.5');
    expect(() => make({}).elect('x', { lead, signal: {} as never })).toThrow('signal is [object Object]');
    expect(() => make({}).elect('x', { lead, renewWhile: true as never })).toThrow('renewWhile is true');
  });

  it('is refused where a function is needed, before anything is acquired', async () => {
    expect(() => make({ onEvent: 5 as never })).toThrow('onEvent is 5; use a function');
    expect(() => make({ clock: {} as never })).toThrow('clock.now is undefined; use a function');
    const leases = make({});
    const options = { renewWhile: true as never };
    await expect(leases.tryAcquire('x', options)).rejects.toThrow('renewWhile is true; use a function');
    await expect(leases.acquire('x', options)).rejects.toThrow('renewWhile is true; use a function');
    await expect(leases.acquire('x', { autoRenew: 'false' as never })).rejects.toThrow(
      'autoRenew is "false"; use true or false',
    );
    await expect(leases.withLease('x', {}, undefined as never)).rejects.toThrow(
      'body is undefined; use a function',
    );
    expect(await leases.holder('x')).toBeNull();
  });

  it('is refused as a signal, also where it was refused before', async () => {
    const signal = {} as AbortSignal;
    for (let call = 0; call < 2; call += 1) {
      await expect(make({}).acquire('x', { signal })).rejects.toThrow('signal is [object Object]; use');
    }
  });

  it.each([Number.NaN, -1n, 1, 'x', null])('is refused as the start of a fence: %s', (highest) => {
    expect(() => new Fence(highest as never)).toThrow('use the token of a lease');
  });

  it.each([0, 1_001, 1.5, Number.NaN])('is refused as a number of slots: %d', (limit) => {
    expect(() => make({}).semaphore('x', limit)).toThrow(
      `limit is ${limit}; use a whole number from 1 to 1000`,
    );
  });

  it.each([-1n, 1 as never, '' as never, '1.5' as never, 'x' as never, undefined as never])(
    'is refused as a token: %s',
    async (token) => {
      expect(() => new Fence().accept(token)).toThrow(InvalidArgumentError);
      await expect(fencedPut(createMemoryStore(), 'key', 'value', token)).rejects.toThrow(
        'use the token of a lease',
      );
    },
  );
});

it('a random part of a time is all of it where random fails', () => {
  expect(partOf(1_000, () => 0.25)).toBe(250);
  expect(partOf(1_000, () => Number.NaN)).toBe(1_000);
});

describe('54: the wait between two looks', () => {
  it.each([
    [0, 1_000, 1_000],
    [0.2, 1_000, 1_200],
    [1, 1_000, 2_000],
  ])('with a jitter of %d is between its limits, and uses their whole range', async (jitter, least, most) => {
    await using world = await World.open(stores[0] as (typeof stores)[0]);
    const [a, b] = [world.node(), world.node({ pollMs: 1_000, jitter, latencyMs: 0 })];
    await world.run(a.leases.acquire('x'));
    const waiting = b.leases.acquire('x', { waitMs: 600_000 });
    waiting.catch(() => {});
    const looks: number[] = [];
    for (let calls = 0; looks.length < 100; await world.clock.advance(1)) {
      if (b.store.calls.total > calls) looks.push(world.clock.monotonic());
      calls = b.store.calls.total;
      if (looks.length === 0) await world.clock.advance(0);
    }
    const waits = looks.slice(1).map((at, look) => at - (looks[look] ?? 0));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(least - 1);
    expect(Math.max(...waits)).toBeLessThanOrEqual(most + 2);
    expect(Math.max(...waits) - Math.min(...waits)).toBeGreaterThanOrEqual((most - least) * 0.8);
  });
});

describe('a store that is too weak', () => {
  const weak = (name: string): ReturnType<typeof createMemoryStore> =>
    createMemoryStore({ capabilities: { durableAck: true, [name]: false } });

  it.each(['atomicCas', 'createIfAbsent', 'linearizableReads', 'durableAck'])(
    'without %s is refused',
    (name) => {
      expect(() => createLeases(weak(name))).toThrow(UnsupportedError);
      expect(() => createLeases(weak(name))).toThrow(`does not guarantee ${name}, which createLeases needs`);
      expect(() => new LeaderElection(weak(name), 'x', 'me')).toThrow('LeaderElection needs');
    },
  );

  it.each(['atomicCas', 'createIfAbsent', 'linearizableReads'])('without %s has no fence', async (name) => {
    await expect(fencedPut(weak(name), 'key', 'value', 1n)).rejects.toThrow(UnsupportedError);
    await fencedPut(createMemoryStore(), 'key', 'value', 1n);
  });

  it('is accepted at the risk of the caller', async () => {
    const store = weak('linearizableReads');
    await using lease = await createLeases(store, { unsafeAllowNonAtomicCas: true }).acquire('x');
    await fencedPut(store, 'key', 'value', lease.token, { unsafeAllowNonAtomicCas: true });
  });

  it('may also be one that declares nothing', async () => {
    const { capabilities: _, ...store } = createMemoryStore();
    expect(() => createLeases(store)).toThrow(UnsupportedError);
    const leases = createLeases(store, { unsafeAllowNonAtomicCas: true, clock: new FakeClock() });
    expect(await leases.tryAcquire('x')).toMatchObject({ token: 1n });
  });
});
