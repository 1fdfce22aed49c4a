import { bytesToString, type KvStore, requireCapabilities } from '@norikv/store';
import type { Fault, FaultCandidate } from '../fault-plan.js';
import { checkLinearizability } from '../linearizability.js';
import { raceClients } from '../race-clients.js';
import { seededRandom } from '../seeded-random.js';
import { withFaults } from '../with-faults.js';
import { ensure, equal, read, refuses, settle } from './assertions.js';
import type { Group } from './group.js';

const needs = ['atomicCas', 'createIfAbsent', 'deleteCas', 'linearizableReads', 'putVersionUsable'] as const;

/** 21 */
export const linearizability: Group = {
  number: 21,
  name: 'linearizability',
  define({ capabilities, test }) {
    const missing = needs.filter((need) => !capabilities[need]);
    if (missing.length > 0) {
      test(`unsupported: whoever needs ${missing.join(', ')} refuses this store`, async (trial) => {
        const start = async (): Promise<void> => requireCapabilities(trial.store, 'a pattern', missing);
        await refuses(start(), 'UNSUPPORTED', 'requireCapabilities');
      });
      return;
    }
    test('answers of racing clients have one order', async (trial) => {
      for (let seed = 1; seed <= trial.scaled(50, 5); seed++) {
        const race = { random: seededRandom(seed), keys: [trial.newKey(), trial.newKey()] };
        const verdict = checkLinearizability(await raceClients(trial.handles(), race));
        ensure(verdict.ok, verdict.ok ? '' : `seed ${seed}: ${verdict.explanation}`);
      }
    });
    test('with lost and late requests and replies they still have one', async (trial) => {
      for (let seed = 1; seed <= trial.scaled(50, 5); seed++) {
        const random = seededRandom(seed);
        const rates = {
          'lost-request': 0.04,
          'lost-reply': 0.06,
          'delayed-delivery': 0.06,
        };
        const decide = (call: FaultCandidate): Fault | undefined =>
          call.options.ifMatchVersion && random() < 0.05 ? 'duplicated-delivery' : undefined;
        const handles = trial
          .handles()
          .map((store) => withFaults(store, { random, rates, decide, delayMs: () => random() * 4 }));
        const race = { random, keys: [trial.newKey(), trial.newKey()] };
        const verdict = checkLinearizability(await raceClients(handles, race));
        while (handles.some(({ faults }) => faults.undelivered > 0)) await trial.waitReal(1);
        ensure(verdict.ok, verdict.ok ? '' : `seed ${seed}: ${verdict.explanation}`);
      }
    });
  },
};

/** 22 */
export const staleReads: Group = {
  number: 22,
  name: 'reads of every consistency',
  define({ capabilities, expectations, test }) {
    test('each consistency finds a key and misses a key', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'value');
      for (const consistency of ['lease', 'linearizable'] as const) {
        const entry = await trial.store.get(key, { consistency });
        equal(entry.value.length, 5, `the length, ${consistency}`);
        await refuses(trial.store.get(trial.newKey(), { consistency }), 'KEY_NOT_FOUND', consistency);
      }
      await refuses(
        trial.store.get(trial.newKey(), { consistency: 'stale_ok' }),
        'KEY_NOT_FOUND',
        'stale_ok',
      );
    });
    test('stale_ok never shows what was not written', async (trial) => {
      const key = trial.newKey();
      const reader = trial.nextHandle();
      let begun = 0;
      let isWriting = true;
      const write = async (): Promise<void> => {
        while (begun < trial.scaled(300, 30)) await trial.store.put(key, String(++begun));
      };
      const watch = async (): Promise<void> => {
        // Not until it has seen the last write: nothing says when it must.
        for (let latest = 0; isWriting; ) {
          const value = await readStale(reader, key);
          ensure(value <= begun, `read ${value} while only ${begun} was begun`);
          const back = `read ${value} after ${latest}: a session went back in time`;
          ensure(!expectations.monotonicStaleReads || value >= latest, back);
          latest = Math.max(latest, value);
        }
      };
      const writing = write().finally(() => {
        isWriting = false;
      });
      await Promise.all([writing, watch()]);
      if (capabilities.linearizableReads)
        equal(await read(trial.store, key), String(begun), 'the last value');
    });
  },
};

/** The number that a key holds; 0 for a read so stale that it misses the key. */
async function readStale(store: KvStore, key: string): Promise<number> {
  const call = store.get(key, { consistency: 'stale_ok' });
  const answer = await settle(call);
  if (answer.ok) return Number(bytesToString(answer.value.value));
  await refuses(call, 'KEY_NOT_FOUND', 'a stale read');
  return 0;
}
