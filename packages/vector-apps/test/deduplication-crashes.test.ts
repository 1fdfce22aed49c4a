import type { KvStore } from '@norikv/store';
import { createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DeduplicationPolicy, EmbeddingModel } from '../src/index.js';
import { Inspector } from './deduplication/inspector.js';
import { mortal } from './deduplication/mortal-store.js';
import { DocumentDeduplicator, modelOf, passage } from './deduplication/world.js';

interface Scenario {
  readonly policy: DeduplicationPolicy;
  before(dedup: DocumentDeduplicator, embedder: { isDown: boolean }): Promise<unknown>;
  act(dedup: DocumentDeduplicator): Promise<unknown>;
}

const store = (id: string, text: string) => (dedup: DocumentDeduplicator) => dedup.checkAndStore(id, text);

const scenarios: Readonly<Record<string, Scenario>> = {
  'a first document': { policy: 'reject', before: async () => {}, act: store('b', passage('b')) },
  'an update': { policy: 'reject', before: store('b', passage('b')), act: store('b', passage('c')) },
  'an update that duplicates': {
    policy: 'link',
    before: store('b', passage('b')),
    act: store('b', passage('a')),
  },
  'a near copy, linked': { policy: 'link', before: async () => {}, act: store('b', passage('a', 4)) },
  'an exact copy, linked': { policy: 'link', before: async () => {}, act: store('b', passage('a')) },
  'a near copy, merged': { policy: 'merge', before: async () => {}, act: store('b', passage('a', 4)) },
  'a replacement': { policy: 'replace', before: async () => {}, act: store('b', passage('a', 4)) },
  'an exact replacement': { policy: 'replace', before: async () => {}, act: store('b', passage('a')) },
  'an alias that becomes something else': {
    policy: 'link',
    before: store('b', passage('a', 4)),
    act: store('b', passage('c')),
  },
  'a removal with heirs': {
    policy: 'link',
    async before(dedup) {
      await dedup.checkAndStore('b', passage('a', 4));
      await dedup.checkAndStore('c', passage('a', 4, 'y'));
    },
    act: (dedup) => dedup.removeDocument('a'),
  },
  'a removal of a merged document': {
    policy: 'merge',
    before: store('b', passage('a', 4)),
    act: (dedup) => dedup.removeDocument('b'),
  },
  'a resumption': {
    policy: 'reject',
    async before(dedup, embedder) {
      embedder.isDown = true;
      await dedup.checkAndStore('b', passage('b'));
      embedder.isDown = false;
    },
    act: (dedup) => dedup.resume(),
  },
  'an update with heirs': {
    policy: 'link',
    before: store('b', passage('a', 4)),
    act: store('a', passage('z')),
  },
};

interface Crash {
  readonly callsToLive: number;
  readonly isLastApplied: boolean;
  /** Whether the repair looks only at what is known to be unfinished. */
  readonly openOnly: boolean;
}

/** Lets a process die in the middle of a scenario, and another one repair what it left. */
async function crash(scenario: Scenario, { callsToLive, isLastApplied, openOnly }: Crash) {
  const clock = new FakeClock();
  return clock.run(async () => {
    const base = createMemoryVectorStore({ clock });
    const inspector = new Inspector(base);
    const embedder = { isDown: false };
    const sound = modelOf({}, 6);
    const model: EmbeddingModel = {
      ...sound,
      async embed(text) {
        if (embedder.isDown) throw new Error('the model is away');
        return sound.embed(text);
      },
    };
    const options = {
      clock,
      random: () => 0.5,
      policy: scenario.policy,
      reviewThreshold: 0.999,
      embedderFailure: 'admit',
    } as const;
    const open = (client: KvStore) => new DocumentDeduplicator(client, model, 0.9999, options);
    const survivor = open(inspector.store);
    await survivor.checkAndStore('a', passage('a'));
    await scenario.before(survivor, embedder);
    const doomed = mortal(inspector.store, callsToLive, isLastApplied);
    const isDone = await scenario.act(open(doomed.store)).then(
      () => true,
      () => false,
    );
    await survivor.repair({ openOnly });
    const check = async () => {
      expect(await inspector.doubles()).toEqual([]);
      expect(await inspector.ghosts(base)).toEqual([]);
      expect(await survivor.verify()).toMatchObject({ isClean: true });
    };
    await check();
    await scenario.act(survivor);
    await check();
    return { isDone, calls: doomed.calls() };
  });
}

describe.each(Object.entries(scenarios))('%s', (_, scenario) => {
  it('may be cut off between any two calls, and a repair ends clean', async () => {
    const whole = { callsToLive: Number.POSITIVE_INFINITY, isLastApplied: false, openOnly: false };
    const { isDone, calls } = await crash(scenario, whole);
    expect(isDone).toBe(true);
    const crashes = fc.record({
      callsToLive: fc.nat(calls - 1),
      isLastApplied: fc.boolean(),
      openOnly: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(crashes, (one) => crash(scenario, one).then(() => {})),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
