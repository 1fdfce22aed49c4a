import {
  bytesToString,
  type Entry,
  errorCode,
  type KvStore,
  type Version,
  versionsEqual,
} from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openEmbedded } from '../src/index.js';

type Step =
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'put'; readonly key: string; readonly value: string; readonly options: Options }
  | { readonly kind: 'delete'; readonly key: string; readonly options: Options }
  | { readonly kind: 'wait'; readonly ms: number };

interface Options {
  readonly ttlMs?: number | undefined;
  readonly idempotencyKey?: string | undefined;
  /** Which of the versions seen so far to match. */
  readonly match?: number | undefined;
  readonly create?: boolean | undefined;
}

const key = fc.constantFrom('a', 'b', '\u0000', 'ä');
const options = fc.record({
  ttlMs: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
  idempotencyKey: fc.option(fc.constantFrom('x', 'y'), { nil: undefined, freq: 3 }),
  match: fc.option(fc.nat(20), { nil: undefined, freq: 1 }),
  create: fc.option(fc.boolean(), { nil: undefined, freq: 1 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('get' as const), key }),
  fc.record({ kind: fc.constant('put' as const), key, value: fc.string(), options }),
  fc.record({ kind: fc.constant('delete' as const), key, options }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 20 }) }),
);

test('a store answers as the reference store does', { timeout: 120_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const expected = await run((settings) => Promise.resolve(createMemoryStore(settings)), steps);
      expect(await run(openEmbedded, steps)).toEqual(expected);
    }),
    { numRuns: 150 },
  );
});

interface Settings {
  readonly clock: FakeClock;
  readonly idempotencyRetentionMs: number;
}

/** What a store answers, each version written as the place at which it was first seen. */
async function run(
  openStore: (settings: Settings) => Promise<KvStore & { close(): Promise<void> }>,
  steps: readonly Step[],
): Promise<unknown[]> {
  const clock = new FakeClock();
  const store = await openStore({ clock, idempotencyRetentionMs: 40 });
  const versions: Version[] = [];
  const placeOf = (version: Version): number => {
    const place = versions.findIndex((seen) => versionsEqual(seen, version));
    return place < 0 ? versions.push(version) - 1 : place;
  };
  const take = async (given: Step): Promise<unknown> => {
    if (given.kind === 'wait') return clock.advance(given.ms);
    if (given.kind === 'get') {
      const { value, version } = await store.get(given.key);
      return [bytesToString(value), placeOf(version)];
    }
    const { match, create, ttlMs, idempotencyKey } = given.options;
    const ifMatchVersion = match === undefined ? undefined : versions[match];
    if (given.kind === 'delete') return store.delete(given.key, { idempotencyKey, ifMatchVersion });
    const ifNotExists = ifMatchVersion === undefined ? create : undefined;
    const options = { ttlMs, idempotencyKey, ifMatchVersion, ifNotExists };
    return placeOf(await store.put(given.key, given.value, options));
  };
  const answers: unknown[] = [];
  for (const given of steps) answers.push(await take(given).catch(codeAndActual));
  await store.close();
  return answers;

  function codeAndActual(error: unknown): unknown {
    const { actual } = error as { readonly actual?: Entry | null };
    return [errorCode(error), actual && [bytesToString(actual.value), placeOf(actual.version)]];
  }
}
