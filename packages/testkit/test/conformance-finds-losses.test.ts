import type { DeleteOptions, Key, KvStore, PutOptions } from '@norikv/store';
import { expect, it } from 'vitest';
import { type ConformanceTarget, createMemoryStore, FakeClock, type MemoryStore } from '../src/index.js';
import { runSuite } from './collecting-runner.js';

interface Target extends ConformanceTarget {
  readonly memory: MemoryStore;
}

/** Makes what a kill leaves of the data: all but what only an orderly close would have saved. */
type Kill = (memory: MemoryStore) => Promise<KvStore>;

/** Answers of the life before are not found again. */
async function loseIds(memory: MemoryStore): Promise<KvStore> {
  const ofThisLife = <Options extends PutOptions & DeleteOptions>(options?: Options): Options | undefined =>
    options?.idempotencyKey ? { ...options, idempotencyKey: `later ${options.idempotencyKey}` } : options;
  return {
    ...memory,
    put: (key, value, options) => memory.put(key, value, ofThisLife(options)),
    delete: (key, options) => memory.delete(key, ofThisLife(options)),
  };
}

/** Loses the times of expiry, and nothing else that a test asks for after a kill. */
function loseExpiry(timed: ReadonlySet<Key>): Kill {
  return async (memory) => {
    for (const key of timed) {
      const entry = await memory.find(key);
      if (entry) await memory.put(key, entry.value);
    }
    return memory;
  };
}

const timed = new Set<Key>();

/** What a kill loses, and the groups that must notice. */
const losses: Record<string, readonly [groups: readonly number[], kill: Kill]> = {
  nothing: [[], async (memory) => memory],
  ids: [[15], loseIds],
  'times of expiry': [[12], loseExpiry(timed)],
};

it.each(Object.entries(losses))(
  'the conformance suite notices that a kill loses %s',
  async (_name, [groups, kill]) => {
    const clock = new FakeClock();
    const capabilities = { durableAck: true, idempotency: 'durable' } as const;
    const targetOf = (memory: MemoryStore, store: KvStore): Target => ({
      store,
      memory,
      close: () => memory.close(),
    });
    const { failedGroups } = await runSuite<Target>({
      capabilities: { ...createMemoryStore().capabilities, ...capabilities },
      async createStore() {
        const memory = createMemoryStore({ clock, capabilities });
        timed.clear();
        return targetOf(memory, {
          ...memory,
          put(key, value, options) {
            if (options?.ttlMs) timed.add(key);
            return memory.put(key, value, options);
          },
        });
      },
      reopen: async (target) => target,
      kill: async ({ memory }) => targetOf(memory, await kill(memory)),
      advance: (ms) => clock.advance(ms),
      load: 0.05,
    });
    expect(failedGroups).toEqual(groups);
  },
);
