import type { KvStore } from '@norikv/store';
import { createMemoryVectorStore, type MemoryVectorStore } from '@norikv/testkit';
import { type DeduplicatorOptions, DocumentDeduplicator, type EmbeddingModel } from '../../src/index.js';

export { DocumentDeduplicator };

/** A text of many different words; `edits` of them, spread over it, are others. */
export function passage(topic: string, edits = 0, variant = 'x'): string {
  const words = Array.from({ length: 60 }, (_, place) => wordOf(topic, place));
  for (let edit = 0; edit < edits; edit += 1) words[(edit * 7) % 60] = wordOf(variant, edit);
  return words.join(' ');
}

/** Without digits: numbers are compared in their own way. */
function wordOf(stem: string, number: number): string {
  return `${stem}${'abcdefghij'[Math.floor(number / 10)]}${'klmnopqrst'[number % 10]}`;
}

/** A model that knows some texts; every other text has a direction of its own. */
export function modelOf(known: Readonly<Record<string, readonly number[]>>, dimensions = 8): EmbeddingModel {
  return {
    dimensions,
    fingerprint: 'table',
    async embed(text) {
      const vector = known[text];
      if (vector) return [...vector, ...new Array<number>(dimensions - vector.length).fill(0)];
      return Array.from({ length: dimensions }, (_, place) =>
        Math.sin(text.length * 31 + place * 7 + text.charCodeAt(0)),
      );
    },
  };
}

/** The unit vector with this cosine to the first axis. */
export function atCosine(cosine: number): readonly number[] {
  return [cosine, Math.sqrt(1 - cosine * cosine)];
}

/** Several simulated processes on one store: a store object each, and so no queue in common. */
export function processes(
  base: KvStore,
  count: number,
  options: DeduplicatorOptions = {},
): DocumentDeduplicator[] {
  return Array.from({ length: count }, () => new DocumentDeduplicator(handle(base), null, 0.95, options));
}

/** Another object with the same data. */
export function handle<Store extends KvStore>(store: Store): Store {
  return new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

export function memory(): MemoryVectorStore {
  return createMemoryVectorStore();
}
