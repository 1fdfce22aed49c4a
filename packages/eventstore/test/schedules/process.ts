import type { Clock, KvStore } from '@norikv/store';
import {
  createErasure,
  type ErrorPolicy,
  EventConsumer,
  EventFeed,
  EventStore,
  Projection,
} from '../../src/index.js';

/** Where a process runs: in a race, or in the world before and after it. */
export interface Place {
  readonly store: KvStore;
  readonly clock: Clock;
  readonly random?: () => number;
}

type Numbered = { readonly type: 'Numbered'; readonly data: number | null };

/** Nobody looks at the feed before it is asked to. */
const never = { pollMs: 1e6, maxPollMs: 1e6, sweepMs: 1e8 };

/** For consumers of what is published: their sweeps would find nothing, in many more schedules. */
class SweptFeed extends EventFeed {
  override async sweep(): Promise<void> {}
}

/** What a process has of its own. Tails are sealed soon; only sweeps publish, and make what they publish clean. */
export function processAt({ store: client, clock, random = () => 0.5 }: Place) {
  const own = { clock, random };
  const feedOptions = { ...own, publishSoon: false, quietMs: 0 };
  const feed = new EventFeed(client, feedOptions);
  const swept = new SweptFeed(client, feedOptions);
  const erasure = createErasure(client, { ...own, subjectOf: () => 'bob' });
  const store = new EventStore<Numbered>(client, { ...own, rollBytes: 60 });
  const published = new EventStore<Numbered>(client, { ...own, feed });
  return {
    feed,
    erasure,
    /** On no feed. */
    store,
    /** On the feed. */
    published,
    protectedStore: new EventStore<Numbered>(client, { ...own, protection: erasure }),
    consumer: (handle: (version: number) => unknown, onError: ErrorPolicy) =>
      new EventConsumer<Numbered>(swept, published, {
        ...{ group: 'g', ...own, ...never, checkpointMs: 0, onError },
        handle: ({ version }) => handle(version),
      }),
    projection: () =>
      new Projection<number[], Numbered>(swept, published, {
        ...{ name: 'all', revision: '1', keyOf: () => 'all', ...own, ...never },
        initial: () => [],
        evolve: (versions, { version }) => [...versions, version],
      }),
  };
}

/** Events that have these numbers. */
export function numbered(...numbers: readonly number[]): Numbered[] {
  return numbers.map((data) => ({ type: 'Numbered', data }));
}
