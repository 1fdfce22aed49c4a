import type { Capabilities, KvStore } from '@norikv/store';
import { createMemoryStore, withLyingServer } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { BucketedCounter, BufferedCounter, DistributedCounter, ShardedCounter } from '../src/index.js';

type Make = (store: KvStore, unsafeAllowNonAtomicCas?: boolean) => unknown;

const byTime = { bucketMs: 1_000, retentionMs: 1_000 };
const counters: readonly [name: string, make: Make][] = [
  [
    'DistributedCounter',
    (store, unsafe) => new DistributedCounter(store, 'n', { unsafeAllowNonAtomicCas: unsafe }),
  ],
  [
    'ShardedCounter',
    (store, unsafe) => new ShardedCounter(store, 'n', 10, { unsafeAllowNonAtomicCas: unsafe }),
  ],
  [
    'BufferedCounter',
    (store, unsafe) => new BufferedCounter(store, 'n', { unsafeAllowNonAtomicCas: unsafe }),
  ],
  [
    'BucketedCounter',
    (store, unsafe) => new BucketedCounter(store, 'n', { ...byTime, unsafeAllowNonAtomicCas: unsafe }),
  ],
];

describe.each(counters)('a %s', (_name, make) => {
  it.each<keyof Capabilities>(['atomicCas', 'createIfAbsent', 'linearizableReads'])(
    'refuses a store without %s, unless told to do without',
    (missing) => {
      const store = createMemoryStore({ capabilities: { [missing]: false } });
      expect(() => make(store)).toThrow(
        expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining(missing) }),
      );
      expect(() => make(store, true)).not.toThrow();
    },
  );

  it('refuses a store that declares nothing', () => {
    const store = withLyingServer(createMemoryStore(), { ignores: ['ifMatchVersion'] });
    expect(() => make(store)).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(() => make(store, true)).not.toThrow();
  });

  it('takes a store whose writes cannot be relied on as the next condition', () => {
    const store = createMemoryStore({
      capabilities: { putVersionUsable: false, durableAck: false, idempotency: 'none' },
    });
    expect(() => make(store)).not.toThrow();
  });
});

describe('a counter', () => {
  const classes = [
    (name: string, options: object) => new DistributedCounter(createMemoryStore(), name, options),
    (name: string, options: object) => new ShardedCounter(createMemoryStore(), name, 10, options),
    (name: string, options: object) => new BufferedCounter(createMemoryStore(), name, options),
    (name: string, options: object) =>
      new BucketedCounter(createMemoryStore(), name, { ...byTime, ...options }),
  ];

  it.each([undefined, null, '', 5, {}])('is refused under the name %j', (name) => {
    for (const make of classes)
      expect(() => make(name as string, {})).toThrow(/^name is .*; use well-formed text/);
  });

  it.each([
    ['DistributedCounter', 0, ''],
    ['ShardedCounter', 1, ':shard:1023'],
    ['BufferedCounter', 2, ''],
    ['BucketedCounter', 3, ':1000:-1125899906842624'],
  ])('that is a %s has a name with which each of its keys fits into the store', (_name, place, suffix) => {
    const most = createMemoryStore().capabilities.maxKeyBytes - suffix.length;
    const make = classes[place];
    expect(() => make?.('é'.repeat(Math.floor(most / 2)), {})).not.toThrow();
    expect(() => make?.('n'.repeat(most), {})).not.toThrow();
    expect(() => make?.('n'.repeat(most + 1), {})).toThrow(
      `name, ${most + 1} bytes long, is "${'n'.repeat(64)}"; use well-formed text of 1 to ${most} bytes`,
    );
    expect(() => make?.('\ud800', {})).toThrow('use well-formed text');
  });

  it('refuses a clock that is none', () => {
    for (const make of classes) {
      expect(() => make('n', { clock: { now: 3 } })).toThrow('clock.now is 3; use a function');
    }
  });

  it('that cannot keep bounds refuses them, instead of passing them', () => {
    const options = { bounds: { max: 50 } };
    const [distributed, ...others] = classes;
    expect(() => distributed?.('n', options)).not.toThrow();
    for (const make of others) {
      expect(() => make('n', options)).toThrow(/^bounds is \[object Object\]; use a DistributedCounter/);
      expect(() => make('n', { bounds: undefined })).not.toThrow();
    }
  });

  it('that repeats its writes refuses a format without a place for operation ids', () => {
    const store = createMemoryStore();
    const options = { format: 'plain' };
    expect(() => new BufferedCounter(store, 'n', options as object)).toThrow(
      /^format is "plain"; use a DistributedCounter/,
    );
  });
});

it('a counter by time needs expiry', () => {
  const store = createMemoryStore({ capabilities: { ttl: 'none' } });
  expect(() => new BucketedCounter(store, 'n', byTime)).toThrow(
    expect.objectContaining({ code: 'UNSUPPORTED' }),
  );
  expect(() => new DistributedCounter(store, 'n')).not.toThrow();
});
