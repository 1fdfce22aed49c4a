import type { Codec } from '@norikv/cas-retry';
import { createUpdater } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { countCalls, createMemoryVectorStore, FakeClock } from '@norikv/testkit';
import type { EmbeddingModel } from '../../src/core/embedding-model.js';
import type { VectorKvStore } from '../../src/core/vector-kv-store.js';
import type { RecommendationOptions } from '../../src/recommendation/options.js';
import { RecommendationEngine } from '../../src/recommendation/recommendation-engine.js';
import type { Taste } from '../../src/recommendation/taste.js';
import { tasteCodec } from '../../src/recommendation/taste-codec.js';

export { RecommendationEngine };

/** Two directions, shoes and books, and how far each product is from the first: names carry the angle. */
export const products = {
  boots: { angle: 0, category: 'shoes' },
  sandals: { angle: 10, category: 'shoes' },
  trainers: { angle: 20, category: 'shoes' },
  atlas: { angle: 70, category: 'books' },
  novel: { angle: 80, category: 'books' },
  poems: { angle: 90, category: 'books' },
} as const;

/** A product of the shop. */
export type ProductId = keyof typeof products;

/** Every product id, nearest to boots first. */
export const productIds = Object.keys(products) as ProductId[];

/** The unit vector at an angle. */
export function at(degrees: number): readonly number[] {
  const angle = (degrees / 180) * Math.PI;
  return [Math.cos(angle), Math.sin(angle)];
}

/** Turns "boots ..." into the vector of boots, and any other text into one at 45 degrees. */
export const angleModel: EmbeddingModel = {
  dimensions: 2,
  fingerprint: 'angles',
  async embed(text) {
    const name = text.split(' ')[0] as ProductId;
    return at(products[name]?.angle ?? 45);
  },
};

/** An engine without a say of popularity, unless the options give it one. */
export async function openShop(
  store: VectorKvStore = createMemoryVectorStore(),
  options: RecommendationOptions = {},
  model: EmbeddingModel = angleModel,
): Promise<RecommendationEngine> {
  const engine = new RecommendationEngine(store, model, { popularityWeight: 0, ...options });
  await engine.initialize();
  return engine;
}

/** Indexes products, all of them by default. */
export async function stock(
  engine: RecommendationEngine,
  ids: readonly ProductId[] = productIds,
): Promise<void> {
  for (const id of ids) await engine.indexProduct(id, id, `the ${id}`, products[id].category);
}

/** An open, stocked shop. */
export async function stockedShop(
  store?: VectorKvStore,
  options?: RecommendationOptions,
): Promise<RecommendationEngine> {
  const engine = await openShop(store, options);
  await stock(engine);
  return engine;
}

/** Another object with the same data: what another process has. Overrides replace methods. */
export function handle<Store extends KvStore>(store: Store, overrides: object = {}): Store {
  return new Proxy(store, {
    get(target, name) {
      const source = name in overrides ? overrides : target;
      const value: unknown = Reflect.get(source, name);
      return typeof value === 'function' ? value.bind(source) : value;
    },
  });
}

/** A store with vectors whose key-value calls are counted. */
export function countedShopStore(store: VectorKvStore): {
  store: VectorKvStore;
  counted: ReturnType<typeof countCalls>;
} {
  const counted = countCalls(store);
  return { store: handle(store, counted), counted };
}

/** What is stored of a user. */
export function tasteOf(store: KvStore, userId: string): Promise<Taste | undefined> {
  return createUpdater(handle(store)).read(`recommendation:user/${userId}`, tasteCodec);
}

/** What is stored under a key. */
export function stateOf<State>(store: KvStore, key: string, codec: Codec<State>): Promise<State | undefined> {
  return createUpdater(handle(store)).read(key, codec);
}

/** The ids of recommendations, in their order. */
export function idsOf(recommendations: readonly { readonly productId: string }[]): string[] {
  return recommendations.map(({ productId }) => productId);
}

/** The time all tests begin at. */
export const noon: number = new FakeClock().now();
