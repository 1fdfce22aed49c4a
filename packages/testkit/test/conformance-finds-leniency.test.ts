import {
  AlreadyExistsError,
  type Capabilities,
  errorCode,
  type KvStore,
  type PutOptions,
} from '@norikv/store';
import { expect, it } from 'vitest';
import { createMemoryStore, FakeClock, type MemoryStore } from '../src/index.js';
import { runSuite } from './collecting-runner.js';

/** A store that lacks something, and does not always refuse it. */
interface Leniency {
  readonly lacking: Partial<Capabilities>;
  readonly groups: readonly number[];
  readonly slip: (memory: MemoryStore) => Partial<KvStore>;
}

/** Forgets an option the store lacks where one kind of put has it. */
function forgets(option: keyof PutOptions, isMet: (options: PutOptions) => boolean): Leniency['slip'] {
  return (memory) => ({
    put(key, value, options) {
      if (!isTaken(options) || !isMet(options)) return memory.put(key, value, options);
      return memory.put(key, value, { ...options, [option]: undefined });
    },
  });
}

/** Whether a store that has everything takes these options. */
function isTaken(options: PutOptions | undefined): options is PutOptions {
  const { ttlMs = 1, ifNotExists, ifMatchVersion } = options ?? {};
  return Boolean(options) && Number.isSafeInteger(ttlMs) && ttlMs > 0 && !(ifNotExists && ifMatchVersion);
}

const isCreate = (options: PutOptions): boolean => options.ifNotExists === true;
const isConditional = ({ ifMatchVersion }: PutOptions): boolean => (ifMatchVersion?.index ?? 0n) > 0n;
const noTtl: Partial<Capabilities> = { ttl: 'none' };
const noIds: Partial<Capabilities> = { idempotency: 'none' };

const leniencies: Record<string, Leniency> = {
  'a create forgets ttlMs': { lacking: noTtl, groups: [12, 13], slip: forgets('ttlMs', isCreate) },
  'a conditional put forgets ttlMs': {
    lacking: noTtl,
    groups: [12, 13],
    slip: forgets('ttlMs', isConditional),
  },
  'a create forgets its id': { lacking: noIds, groups: [15], slip: forgets('idempotencyKey', isCreate) },
  'a conditional put forgets its id': {
    lacking: noIds,
    groups: [15],
    slip: forgets('idempotencyKey', isConditional),
  },
  'a conditional delete forgets its id': {
    lacking: noIds,
    groups: [15],
    slip: (memory) => ({
      delete: (key, options) =>
        memory.delete(key, options?.ifMatchVersion ? { ...options, idempotencyKey: undefined } : options),
    }),
  },
  'a delete at {0, 0} is a plain one': {
    lacking: { deleteCas: false },
    groups: [8],
    slip: (memory) => ({
      delete(key, options) {
        const isZero = options?.ifMatchVersion?.index === 0n;
        return memory.delete(key, isZero ? { ...options, ifMatchVersion: undefined } : options);
      },
    }),
  },
  'a create of an absent key is answered as lost': {
    lacking: { createIfAbsent: false },
    groups: [4, 5, 7],
    slip: (memory) => ({
      put: (key, value, options) =>
        memory.put(key, value, options).catch(async (error) => {
          const isLost = errorCode(error) === 'UNSUPPORTED' && (await memory.find(key)) === null;
          throw isLost ? new AlreadyExistsError('The key exists', { key }) : error;
        }),
    }),
  },
};

it.each(Object.entries(leniencies))('the conformance suite notices: %s', async (_name, leniency) => {
  const clock = new FakeClock();
  const open = (): MemoryStore => createMemoryStore({ clock, capabilities: leniency.lacking });
  const { failedGroups } = await runSuite({
    capabilities: open().capabilities,
    async createStore() {
      const memory = open();
      return { store: { ...memory, ...leniency.slip(memory) }, close: () => memory.close() };
    },
    advance: (ms) => clock.advance(ms),
    load: 0.05,
  });
  expect(failedGroups).toEqual(leniency.groups);
});
