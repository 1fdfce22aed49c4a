import { type Capabilities, errorCode, find, type Guarantee, requireCapabilities } from '@norikv/store';
import { ensure, equal, read, refuses, settle } from './assertions.js';
import type { Group } from './group.js';

const guarantees: readonly Guarantee[] = [
  'atomicCas',
  'createIfAbsent',
  'deleteCas',
  'linearizableReads',
  'putVersionUsable',
  'durableAck',
  'vector',
  'ttl',
  'idempotency',
];

/** 23 */
export const honesty: Group = {
  number: 23,
  name: 'capabilities are declared and true',
  define({ capabilities, test }) {
    test('the store declares what this suite was told to expect', async (trial) => {
      const declared = trial.store.capabilities as Partial<Record<keyof Capabilities, unknown>> | undefined;
      for (const [name, value] of Object.entries(capabilities)) {
        equal(declared?.[name as keyof Capabilities], value, `capability ${name}`);
      }
    });
    test('what is not declared is refused to those who need it', async (trial) => {
      for (const guarantee of guarantees) {
        const offered = capabilities[guarantee] !== false && capabilities[guarantee] !== 'none';
        const start = async (): Promise<void> => requireCapabilities(trial.store, 'a pattern', [guarantee]);
        if (offered) await start();
        else await refuses(start(), 'UNSUPPORTED', guarantee);
      }
    });
  },
};

/** 24 */
export const closing: Group = {
  number: 24,
  name: 'close',
  define({ test }) {
    test('calls in flight settle', async (trial) => {
      const calls = Array.from({ length: 20 }, () => settle(trial.store.put(trial.newKey(), 'value')));
      await trial.close();
      for (const call of await Promise.all(calls)) {
        if (call.ok) continue;
        const { outcome } = call.error as { readonly outcome?: unknown };
        const closed = errorCode(call.error) === 'CLOSED';
        ensure(closed || outcome === 'unknown', `a call in flight failed with ${String(call.error)}`);
      }
    });
    test('later calls are refused, and closing again is fine', async (trial) => {
      const { store } = trial;
      await store.put(trial.newKey(), 'value');
      await trial.close();
      await trial.close();
      await refuses(store.get(trial.newKey()), 'CLOSED', 'get');
      await refuses(find(store, trial.newKey()), 'CLOSED', 'find');
      await refuses(store.put(trial.newKey(), 'value'), 'CLOSED', 'put');
      await refuses(store.delete(trial.newKey()), 'CLOSED', 'delete');
    });
  },
};

/** 25 */
export const manyCalls: Group = {
  number: 25,
  name: '10,000 calls at once',
  define({ test }) {
    test('each is applied, or refused as too many', async (trial) => {
      const keys = Array.from({ length: trial.scaled(10_000, 1_000) }, () => trial.newKey());
      const puts = await Promise.all(keys.map((key) => settle(trial.nextHandle().put(key, key))));
      let applied = 0;
      for (const [place, key] of keys.entries()) {
        const put = puts[place];
        if (put?.ok) applied += 1;
        else await refuses(Promise.reject(put?.error), 'RESOURCE_EXHAUSTED', 'a put');
        equal(await read(trial.store, key), put?.ok ? key : null, 'the value');
      }
      ensure(applied > 0, 'no call was applied');
    });
  },
};
