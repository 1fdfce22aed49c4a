import { refuse } from '@norikv/store/checks';
import { escaped, joinNames, shardOf, storeKey } from './keys.js';

const tagPrefix = 't/';

/** Where the value of a key lives. */
export interface Place {
  readonly namespace: readonly string[];
  readonly key: string;
  readonly memoryKey: string;
  readonly storeKey: string;
  /** The epoch that moves when the value in the store was replaced or removed. */
  readonly shard: string;
  /** The epochs of the namespaces around it. */
  readonly spaces: readonly string[];
}

/** A namespace, by the names of those around it and its own. */
export class Space {
  readonly names: readonly string[];
  readonly epochs: readonly string[];
  readonly #path: string;
  readonly #memoryPrefix: string;

  constructor(names: readonly string[]) {
    // Events show them.
    this.names = Object.freeze([...names]);
    this.#path = joinNames(names);
    this.epochs = ['n', ...names.map((_, depth) => `n/${joinNames(names.slice(0, depth + 1))}`)];
    // NUL is escaped in the path, so it ends it; an own key that begins with it gets a second one.
    this.#memoryPrefix = names.length === 0 ? '' : `\0${this.#path.replaceAll('\0', '%00')}\0`;
  }

  /** The epoch that `clear` moves. */
  get epoch(): string {
    return this.epochs.at(-1) ?? 'n';
  }

  /** The key in memory. Cheap: it is computed for every hit. */
  memoryKey(key: string): string {
    if (this.#memoryPrefix !== '') return this.#memoryPrefix + key;
    return key.charCodeAt(0) === 0 ? `\0\0${key}` : key;
  }

  place(key: string, prefix: string, shards: number, maxKeyBytes: number): Place {
    const path = joinNames([...this.names, key]);
    return {
      namespace: this.names,
      key,
      memoryKey: this.memoryKey(key),
      storeKey: storeKey(prefix, 'v', path, maxKeyBytes),
      shard: `s/${shardOf(path, shards)}`,
      spaces: this.epochs,
    };
  }
}

/**
 * The epochs of tags.
 *
 * @throws InvalidArgumentError if they are no array, or one is no text.
 */
export function tagEpochs(tags: readonly string[]): string[] {
  if (!Array.isArray(tags)) refuse('tags', tags, 'an array of strings');
  return tags.map(tagEpoch);
}

/** Whether a value is a list that `tagEpochs` takes. */
export function areTags(tags: unknown): tags is readonly string[] {
  return Array.isArray(tags) && tags.every((tag) => typeof tag === 'string' && tag.isWellFormed());
}

/** The epoch of a tag. */
export function tagEpoch(tag: string): string {
  return tagPrefix + escaped(tag);
}

/** Whether an epoch is that of a tag. */
export function isTagEpoch(epoch: string): boolean {
  return epoch.startsWith(tagPrefix);
}
