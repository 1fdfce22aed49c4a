import { defineConformance, FakeClock } from '@norikv/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { type EtcdOptions, type EtcdStore, openEtcd } from '../src/index.js';
import { capabilities } from './support/capabilities.js';
import { canRunEtcd, needsEtcd, startCluster, type TestCluster } from './support/etcd.js';

const oneDayMs = 86_400_000;
// Thousands of calls at once share two cores with the server: what is tested is not how fast they are.
const patientMs = 60_000;

describe.skipIf(!canRunEtcd)(`a store on etcd keeps the contract ${needsEtcd}`, () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster(1);
  });
  afterAll(() => cluster?.[Symbol.asyncDispose]());

  describe('three clients', () => {
    defineConformance({
      describe,
      it,
      capabilities,
      async createStore() {
        const hosts = cluster.hosts;
        const [target, ...peers] = await Promise.all([1, 2, 3].map(() => openTarget({ hosts })));
        if (target === undefined) throw new Error('no client');
        return { ...target, peers: peers.map(({ store }) => store), close: () => closeAll(target, peers) };
      },
      reopen,
      load: 0.25,
    });
  });

  describe('a fake clock', () => {
    const clock = new FakeClock({ nowMs: Date.now() });
    defineConformance({
      describe,
      it,
      capabilities,
      createStore: () => openTarget({ hosts: cluster.hosts, clock, prefix: 'another' }),
      reopen,
      advance: (ms) => clock.advance(ms),
      expectations: { idempotencyWindowMs: oneDayMs },
      notApplicable: {
        1: 'as above',
        4: 'as above',
        16: 'as above',
        17: 'as above',
        19: 'as above',
        21: 'as above',
        22: 'as above',
        25: 'as above',
      },
      load: 0.1,
    });
  });
});

interface Target {
  readonly options: EtcdOptions;
  readonly store: EtcdStore;
  close(): Promise<void>;
}

async function openTarget(options: EtcdOptions): Promise<Target> {
  const store = await openEtcd({ timeoutMs: patientMs, ...options });
  return { options, store, close: () => store.close() };
}

async function closeAll(target: Target, peers: readonly Target[]): Promise<void> {
  await Promise.all([target, ...peers].map(({ store }) => store.close()));
}

async function reopen<T extends Target>(target: T): Promise<T> {
  await target.close();
  const { store, close } = await openTarget(target.options);
  return { ...target, store, close };
}
