import { createMemoryStore, FakeClock, seededRandom } from '@norikv/testkit';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import type { DeduplicationPolicy } from '../src/index.js';
import { Inspector } from './deduplication/inspector.js';
import { DocumentDeduplicator, handle, passage } from './deduplication/world.js';

const ids = ['a', 'b', 'c'];
const texts = [passage('t'), passage('t', 2), passage('t', 2, 'y'), passage('other')];

/** What one process does, and how long after the start. */
interface Deed {
  readonly process: number;
  readonly afterMs: number;
  readonly id: string;
  /** Undefined: it removes the document. */
  readonly text: string | undefined;
}

const deed: fc.Arbitrary<Deed> = fc.record({
  process: fc.nat(2),
  afterMs: fc.nat(120),
  id: fc.constantFrom(...ids),
  text: fc.constantFrom(...texts, undefined, undefined),
});

interface Interleaving {
  readonly policy: DeduplicationPolicy;
  readonly seed: number;
  readonly deeds: readonly Deed[];
}

const interleavings: fc.Arbitrary<Interleaving> = fc.record({
  policy: fc.constantFrom<DeduplicationPolicy>('reject', 'link', 'merge', 'replace'),
  seed: fc.integer(),
  deeds: fc.array(deed, { minLength: 2, maxLength: 7 }),
});

/** Processes that store and remove copies at the same moments, over a store that loses nothing. */
async function play({ policy, seed, deeds }: Interleaving): Promise<void> {
  const clock = new FakeClock();
  const random = seededRandom(seed);
  // Seldom slow: one call is overtaken by many of others.
  const latencyMs = (): number => 1 + 40 * random() ** 4;
  const inspector = new Inspector(createMemoryStore({ clock, latencyMs }));
  const open = (): DocumentDeduplicator =>
    new DocumentDeduplicator(handle(inspector.store), null, 0.95, { clock, random, policy });
  const processes = Array.from({ length: 3 }, open);
  await clock.run(async () => {
    const results = await Promise.all(
      deeds.map(async ({ process, afterMs, id, text }) => {
        await new Promise<void>((resolve) => clock.startTimer(resolve, afterMs));
        return text === undefined
          ? processes[process]?.removeDocument(id)
          : processes[process]?.checkAndStore(id, text);
      }),
    );
    expect(results).toHaveLength(deeds.length);
    expect(await inspector.doubles()).toEqual([]);
    expect(await inspector.ghosts()).toEqual([]);
    expect(await open().verify()).toMatchObject({ isClean: true });
  });
}

it('leaves nothing to repair, whatever copies are stored and removed at the same moment', async () => {
  const numRuns = Number(process.env.NORIKV_DEDUPLICATION_SCHEDULES ?? 60);
  await fc.assert(fc.asyncProperty(interleavings, play), { numRuns, endOnFailure: true });
});
