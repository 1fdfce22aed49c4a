import { deserialize, serialize } from 'node:v8';
import { DeadlineExceededError, type KvStore, requireCapabilities } from '@norikv/store';
import { checkFunction } from '@norikv/store/checks';
import { type AdapterOptions, type ShelfSettings, shelfSettings } from './adapter-options.js';
import { moveForward } from './epoch-moves.js';
import { inTime } from './pause.js';
import { tagEpoch } from './place.js';
import { Shelf } from './shelf.js';

/** What Next.js gets for a key. */
export interface NextCacheValue {
  readonly value: unknown;
  /** When it was written, in milliseconds since the epoch. */
  readonly lastModified: number;
}

/** What the handler uses of the context of a read. */
export interface NextGetContext {
  /** Tags of the entry. */
  readonly tags?: readonly string[] | undefined;
  /** Tags of the page around it. */
  readonly softTags?: readonly string[] | undefined;
}

/** What the handler uses of the context of a write. */
export interface NextSetContext {
  readonly tags?: readonly string[] | undefined;
}

/** A cache handler of Next.js 14 and later (`cacheHandler` in `next.config.js`). */
export interface NextCacheHandler {
  /** An entry, or null. */
  get(key: string, context?: NextGetContext): Promise<NextCacheValue | null>;
  /** Null removes the entry. */
  set(key: string, data: unknown, context?: NextSetContext): Promise<void>;
  /** Makes all entries with one of the tags invalid: a read and a write a tag. */
  revalidateTag(tags: string | readonly string[]): Promise<void>;
  /** Does nothing: nothing is kept for one request. */
  resetRequestCache(): void;
}

const tagsHeader = 'x-next-cache-tags';

/**
 * Makes a cache handler class for Next.js: a module that exports it is what `cacheHandler` names.
 *
 * Pages and fetches are shared by all instances, and a revalidated tag is seen by all of them within
 * `maxStalenessMs`. A store that does not answer is a miss, and never fails a request.
 *
 * @param openStore - called once, when the first entry is asked for; again if it fails. While it takes longer than
 * `storeTimeoutMs` the store counts as one that does not answer.
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * // cache-handler.mjs
 * export default createNextCacheHandler(() => connect(), { prefix: `next-${process.env.BUILD_ID}` });
 * ```
 */
export function createNextCacheHandler(
  openStore: () => KvStore | Promise<KvStore>,
  options: AdapterOptions = {},
): new () => NextCacheHandler {
  checkFunction('openStore', openStore);
  const settings = shelfSettings(options, 'next');
  const { clock, storeTimeoutMs } = settings;
  let opened: Promise<KvStore> | undefined;
  let made: Shelf | undefined;
  const open = async (): Promise<KvStore> => openStore();
  const shelf = async (): Promise<Shelf> => {
    if (made) return made;
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    const store = await inTime(clock, storeTimeoutMs, opened, () => {
      const text = `openStore() took more than ${storeTimeoutMs} ms (storeTimeoutMs)`;
      return new DeadlineExceededError(text, { outcome: 'not-applied' });
    });
    // A store that cannot be used stays so, and is not opened again for every request.
    made ??= shelfOn(store, settings);
    return made;
  };

  return class NoriKVCacheHandler implements NextCacheHandler {
    async get(
      key: string,
      { tags = [], softTags = [] }: NextGetContext = {},
    ): Promise<NextCacheValue | null> {
      try {
        const found = await (await shelf()).get([key]);
        if (!(found?.value instanceof Uint8Array)) return null;
        const isRevalidated = await wereMovedSince(await shelf(), [...tags, ...softTags], found.storedAt);
        return isRevalidated ? null : { value: deserialize(found.value), lastModified: found.storedAt };
      } catch {
        return null;
      }
    }

    async set(key: string, data: unknown, { tags = [] }: NextSetContext = {}): Promise<void> {
      try {
        if (data === null || data === undefined) {
          await (await shelf()).delete([key]);
          return;
        }
        const all = new Set([...tags, ...tagsOfPage(data)]);
        // Pages hold buffers and maps, which JSON would lose.
        const value = new Uint8Array(serialize(data));
        await (await shelf()).set([key], value, { epochs: [...all].map(tagEpoch) });
      } catch {
        // Next.js renders the page again when it is asked for.
      }
    }

    async revalidateTag(tags: string | readonly string[]): Promise<void> {
      const all = typeof tags === 'string' ? [tags] : tags;
      const to = await shelf();
      await Promise.all(all.map((tag) => to.clear(tagEpoch(tag))));
    }

    resetRequestCache(): void {}
  };
}

/** The time of a tag decides about reads, so it must never go back: tags are moved on a condition. */
function shelfOn(store: KvStore, settings: ShelfSettings): Shelf {
  const user = 'createNextCacheHandler';
  requireCapabilities(store, user, ['atomicCas', 'createIfAbsent']);
  return new Shelf(store, user, settings, moveForward);
}

/** Tags that a read names may be missing in the entry: then the time of their last move decides. */
async function wereMovedSince(
  { epochs }: Shelf,
  tags: readonly string[],
  storedAt: number,
): Promise<boolean> {
  const names = tags.map(tagEpoch);
  await epochs.refresh(names);
  // So that a time that cannot be read, or was forgotten meanwhile, counts as later.
  return !names.every((name) => epochs.movedAt(name) < storedAt);
}

function tagsOfPage(data: unknown): string[] {
  const { headers } = data as { readonly headers?: Readonly<Record<string, unknown>> };
  const tags = headers?.[tagsHeader];
  return typeof tags === 'string' ? tags.split(',') : [];
}

export type { AdapterOptions } from './adapter-options.js';
