import { find, type KvStore, NoriKVError, ResourceExhaustedError, UnavailableError } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import { countCalls, createMemoryStore, FakeClock, seededRandom, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createUpdater, keep, type UpdateEvent, type UpdaterOptions } from '../src/index.js';
import { increment, numberCodec } from './simulation.js';

describe('an outage', () => {
  it('that passes is waited out', async () => {
    const clock = new FakeClock();
    const store = withFaults(createMemoryStore({ clock, latencyMs: 2 }), { clock });
    const updater = createUpdater(store, { clock, random: seededRandom(1) });
    store.faults.outage(500);
    expect(await clock.run(increment(updater))).toBe(1);
  });

  it('that lasts uses up the retry budget, then callers fail at once; the budget comes back with success', async () => {
    const clock = new FakeClock();
    const counted = countCalls(createMemoryStore({ clock, latencyMs: 2 }));
    const store = withFaults(counted, { clock });
    let tries = 0;
    const watched = Object.assign(Object.create(store), {
      find: (...call: Parameters<typeof counted.get>) => {
        tries += 1;
        return find(store, ...call);
      },
    });
    const updater = createUpdater(watched, { clock, random: seededRandom(1) });
    store.faults.outage(1e7);
    const attempts = Array.from({ length: 40 }, (_, key) => increment(updater, `key-${key}`));
    const results = await clock.run(Promise.allSettled(attempts));
    expect(results.every(({ status }) => status === 'rejected')).toBe(true);
    expect(results[0]).toMatchObject({ reason: { outcome: 'not-applied', retryable: true } });
    expect(tries).toBeLessThanOrEqual(40 + 100);
    tries = 0;
    await expect(clock.run(increment(updater))).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(tries).toBe(1);
    store.faults.stop();
    await clock.advance(1e7);
    for (let update = 0; update < 200; update += 1) await clock.run(increment(updater));
    store.faults.outage(20);
    expect(await clock.run(increment(updater))).toBe(201);
  });

  it('does not block lost races: those cost no budget', async () => {
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock, latencyMs: 2 });
    const [one, two] = [1, 2].map((seed) =>
      createUpdater(countCalls(memory), { clock, random: seededRandom(seed) }),
    );
    const loop = async (updater = one): Promise<void> => {
      for (let update = 0; update < 300; update += 1) await increment(updater as NonNullable<typeof updater>);
    };
    await clock.run(() => Promise.all([loop(one), loop(two)]));
    expect(await clock.run(one?.read('n', numberCodec) ?? Promise.resolve(0))).toBe(600);
  });
});

describe('errors of the store', () => {
  const failing = (
    method: 'find' | 'put',
    error: unknown,
    options: UpdaterOptions = { deadlineMs: 50 },
  ): ReturnType<typeof createUpdater> =>
    createUpdater(
      Object.assign(Object.create(createMemoryStore()), { [method]: () => Promise.reject(error) }),
      options,
    );

  /** The same store whose next calls of this method fail with these errors, one each. */
  const failingWith = (store: KvStore, method: 'find' | 'put', errors: Error[]): KvStore => {
    const call = store[method]?.bind(store) as (...parameters: unknown[]) => Promise<unknown>;
    return Object.assign(Object.create(store), {
      [method]: (...parameters: unknown[]) => {
        const error = errors.shift();
        return error ? Promise.reject(error) : call(...parameters);
      },
    });
  };

  it('that will not pass are handed on as they are, once', async () => {
    const refused = new NoriKVError('no permission', { code: 'UNAUTHENTICATED' });
    await expect(increment(failing('find', refused, {}))).rejects.toBe(refused);
    await expect(increment(failing('put', refused, {}))).rejects.toBe(refused);
  });

  it('without a code are not retried', async () => {
    const bug = new TypeError('x is not a function');
    await expect(increment(failing('find', bug))).rejects.toBe(bug);
  });

  it('that are transient on a write are tried again, and are not-applied in the end', async () => {
    const full = new NoriKVError('busy', { code: 'RESOURCE_EXHAUSTED', retryable: true });
    await expect(increment(failing('put', full))).rejects.toMatchObject({ outcome: 'not-applied' });
  });

  it('that are transient on a write cost that write alone: nothing is read again, and no race was lost', async () => {
    const errors: Error[] = [];
    const counted = countCalls(createMemoryStore());
    const store = failingWith(counted, 'put', errors);
    await increment(createUpdater(store));
    const events: UpdateEvent[] = [];
    const watched = createUpdater(store, { random: () => 0, onEvent: (event) => void events.push(event) });
    counted.reset();
    errors.push(new ResourceExhaustedError('busy'), new ResourceExhaustedError('busy'));
    expect(await increment(watched)).toBe(2);
    expect(events.map(({ kind }) => kind)).toEqual(['write', 'fault', 'write', 'fault', 'write']);
    expect(counted.calls).toMatchObject({ put: 1, total: 1 });
  });

  it('that are transient are waited out for those who stay, when another one leaves', async () => {
    for (const method of ['get', 'put'] as const) {
      const clock = new FakeClock();
      const store = withFaults(createMemoryStore({ clock, latencyMs: 2 }), { clock });
      const updater = createUpdater(store, { clock, random: () => 0.9 });
      store.faults.next(method, 'outage', 'outage', 'outage');
      const controller = new AbortController();
      const leaving = increment(updater, 'n', { signal: controller.signal }).catch((error: unknown) => error);
      const staying = increment(updater);
      await clock.advance(method === 'get' ? 3 : 6);
      controller.abort();
      const [outcome, result] = await clock.run(Promise.all([leaving, staying]));
      expect(outcome).toMatchObject({ code: expect.stringMatching(/CANCELLED|OUTCOME_UNKNOWN/) });
      expect(result).toBeGreaterThan(0);
      expect(await clock.run(updater.read('n', numberCodec))).toBe(result);
    }
  });

  it('that are transient after a lost reply do not make it known: the write is sent again', async () => {
    const errors = [new UnavailableError('reset'), new ResourceExhaustedError('busy')];
    const store = failingWith(createMemoryStore(), 'put', errors);
    expect(await increment(createUpdater(store, { random: () => 0 }))).toBe(1);
    expect(errors).toEqual([]);
  });

  it('of a read are repeated where their code says that they pass, from a client that says no more', async () => {
    const errors = [Object.assign(new Error('reset'), { code: 'UNAVAILABLE' })];
    const store = failingWith(createMemoryStore(), 'find', errors);
    expect(await increment(createUpdater(store))).toBe(1);
    expect(errors).toEqual([]);
  });

  it('of a read never make an update unknown', async () => {
    const lost = new UnavailableError('reset', { retryable: false });
    await expect(increment(failing('find', lost))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      outcome: 'not-applied',
      cause: lost,
    });
  });

  it('are recognised by code, from another copy of the client as well', async () => {
    const memory = createMemoryStore();
    let isFirst = true;
    const store = Object.assign(Object.create(memory), {
      async put(...call: Parameters<typeof memory.put>) {
        if (!isFirst) return memory.put(...call);
        isFirst = false;
        await memory.put('n', '10');
        throw Object.assign(new Error('lost'), { code: 'VERSION_MISMATCH', actual: null });
      },
    });
    expect(await increment(createUpdater(store))).toBe(11);
  });

  it('by name where there is no code, and from a client of the documented shape', async () => {
    const memory = createMemoryStore();
    let isFirst = true;
    const client = {
      capabilities: memory.capabilities,
      get: async (key: string) => (await memory.find(key)) ?? { value: null, version: null },
      async put(...call: Parameters<typeof memory.put>) {
        if (!isFirst) return memory.put(...call);
        isFirst = false;
        await memory.put('n', '10');
        throw Object.assign(new Error('lost'), { name: 'AlreadyExistsError' });
      },
      delete: memory.delete.bind(memory),
    };
    expect(await increment(createUpdater(client as never))).toBe(11);
  });

  it('fail a lost race as unknown when nobody can look: the client may have sent the write twice', async () => {
    const memory = createMemoryStore();
    let isDown = false;
    const store = Object.assign(Object.create(memory), {
      find: (key: string) => (isDown ? Promise.reject(new TypeError('down')) : memory.find(key)),
      async put() {
        isDown = true;
        throw Object.assign(new Error('lost'), { code: 'VERSION_MISMATCH' });
      },
    });
    await expect(increment(createUpdater(store))).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      key: 'n',
    });
  });
});

describe('events', () => {
  it('count reads, writes, lost races, faults and what was given up', async () => {
    const memory = createMemoryStore();
    const kinds: string[] = [];
    const store = withFaults(memory, {});
    const onEvent = ({ kind }: UpdateEvent): void => void kinds.push(kind);
    const updater = createUpdater(store, { onEvent });
    await increment(updater);
    await memory.put('n', '10');
    await increment(updater);
    store.faults.next('put', 'lost-reply');
    await increment(updater);
    await memory.put('n', 'damaged');
    await expect(updater.update('n', numberCodec, (current) => keep(current))).rejects.toThrow();
    expect(kinds).toEqual([
      'read',
      'write',
      'write',
      'conflict',
      'write',
      'write',
      'fault',
      'read',
      'read',
      'give-up',
    ]);
  });

  it('whose listener throws do not disturb the update', async () => {
    const onEvent = (): never => {
      throw new Error('metrics are down');
    };
    expect(await increment(createUpdater(createMemoryStore(), { onEvent }))).toBe(1);
  });
});

describe('onConflict', () => {
  it.each([
    () => {
      throw new Error('metrics are down');
    },
    async () => Promise.reject(new Error('metrics are down')),
  ])('is called for each lost race, and what it throws, now or later, disturbs nobody', async (fail) => {
    const memory = createMemoryStore();
    let isFirst = true;
    const store = Object.assign(Object.create(memory), {
      async put(...call: Parameters<typeof memory.put>) {
        if (isFirst) await memory.put('n', '10');
        isFirst = false;
        return memory.put(...call);
      },
    });
    const updater = createUpdater(store);
    let conflicts = 0;
    const onConflict = (): unknown => {
      conflicts += 1;
      return fail();
    };
    expect(await Promise.all([increment(updater, 'n', { onConflict }), increment(updater)])).toEqual([
      11, 12,
    ]);
    expect(conflicts).toBe(1);
  });
});

describe('options', () => {
  it.each(['deadlineMs', 'maxBatch', 'maxFoldMs', 'operationWindow'] as const)('%s is checked', (name) => {
    for (const value of [0, -1, 1.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, '5', null] as number[]) {
      expect(() => createUpdater(createMemoryStore(), { [name]: value })).toThrow(
        `${name} is ${shown(value)}`,
      );
    }
  });

  it.each([
    ['memo', 'false', /^memo is "false"; use boolean/],
    ['fair', 0, /^fair is 0; use boolean/],
    ['onEvent', {}, /^onEvent is \[object Object\]; use function/],
    ['clock', null, /^clock is null; use object/],
    ['random', 0.5, /^random is 0.5; use function/],
    ['deadlineMS', 100, /^an option of the updater is "deadlineMS"; use deadlineMs, attemptTimeoutMs, /],
    ['toString', () => 'x', /^an option of the updater is "toString"; use deadlineMs, /],
  ])('%s as %j is refused', (name, value, message) => {
    expect(() => createUpdater(createMemoryStore(), { [name]: value })).toThrow(message);
  });

  it.each([null, 'fast', 5, []])('that are none are refused: %j', (options) => {
    expect(() => createUpdater(createMemoryStore(), options as never)).toThrow(/^options is /);
  });

  it('say how long the store may take', async () => {
    const limits: unknown[] = [];
    const memory = createMemoryStore();
    const store = Object.assign(Object.create(memory), {
      find: (key: string, limit: object) => {
        limits.push(limit);
        return memory.find(key);
      },
      put: (...call: Parameters<typeof memory.put>) => {
        limits.push(call[2]);
        return memory.put(...call);
      },
    });
    await increment(createUpdater(store, { attemptTimeoutMs: 1_234 }));
    expect(limits).toMatchObject([{ timeoutMs: 1_234 }, { timeoutMs: 1_234 }]);
  });

  it('that are undefined are defaults', async () => {
    const updater = createUpdater(createMemoryStore(), { maxBatch: undefined, clock: undefined });
    expect(await increment(updater)).toBe(1);
  });
});
