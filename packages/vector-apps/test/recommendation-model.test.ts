import { createMemoryVectorStore } from '@norikv/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { handle, openShop, type ProductId, productIds, products } from './recommendation/shop.js';

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('index' as const), product: fc.constantFrom(...productIds) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('remove' as const), product: fc.constantFrom(...productIds) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('meet' as const), product: fc.constantFrom(...productIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('train' as const), product: fc.constantFrom(...productIds) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('repair' as const), product: fc.constantFrom(...productIds) }),
  },
);

const events = ['u1', 'u2', 'u3'].flatMap((userId) => productIds.map((productId) => ({ userId, productId })));

/** Ends well, or is refused for a reason that is fine in a race. */
async function allow(codes: readonly string[], work: Promise<unknown>): Promise<void> {
  await work.catch((error: { readonly code?: string }) => expect(codes).toContain(error.code));
}

it('shows the products there are, as they are now, and no others, whatever happens at the same time', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(step, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
      async (rounds) => {
        const base = createMemoryVectorStore();
        const engines = await Promise.all(
          [0, 1, 2].map(() => openShop(handle(base), { popularityWeight: 0.1, popularityMaxAgeMs: 0 })),
        );
        /** What each product may be now: undefined for none. After a race it may be either. */
        const legal = new Map<ProductId, Set<string | undefined>>();
        for (const [number, steps] of rounds.entries()) {
          const touched = new Set<ProductId>();
          for (const { kind, product } of steps) {
            if (kind !== 'index' && kind !== 'remove') continue;
            const state = kind === 'index' ? `${product} ${number}` : undefined;
            if (!touched.has(product)) legal.set(product, new Set());
            touched.add(product);
            legal.get(product)?.add(state);
          }
          await Promise.all(
            steps.map(({ kind, product }, place) => {
              const engine = engines[place] ?? engines[0];
              if (kind === 'index') {
                return engine?.indexProduct(product, `${product} ${number}`, '', products[product].category);
              }
              if (kind === 'remove') return engine?.removeProduct(product);
              if (kind === 'train') {
                return allow(
                  ['INVALID_ARGUMENT', 'TRAINING_SUPERSEDED'],
                  Promise.resolve(engine?.trainItemVectors(events, { factors: 2 })),
                );
              }
              if (kind === 'repair') return engine?.repair();
              return allow(['VECTOR_MISSING'], Promise.resolve(engine?.recordInteraction('ann', product)));
            }),
          );
          const lists = await Promise.all([
            engines[0]?.getRecommendations('ann', 6, { excludeSeen: false }),
            engines[1]?.getRecommendations('new', 6),
            engines[2]?.getSimilarProducts('boots', 6),
          ]);
          for (const { productId, name } of lists.flatMap((list) => list ?? [])) {
            expect([...(legal.get(productId as ProductId) ?? [])]).toContain(name);
          }
        }
        // All there are can be found: from one of them, the others.
        const certain = productIds.filter((id) => {
          const states = legal.get(id);
          return states && !states.has(undefined);
        });
        const [first, ...others] = certain;
        const found = first ? await engines[2]?.getSimilarProducts(first, 6) : [];
        expect(found?.map(({ productId }) => productId)).toEqual(expect.arrayContaining(others));
        await engines[0]?.repair();
        expect(await engines[1]?.verify()).toMatchObject({ isClean: true });
      },
    ),
    { numRuns: 100 },
  );
}, 60_000);
