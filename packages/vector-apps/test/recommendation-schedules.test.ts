import { createMemoryVectorStore, FakeClock, seededRandom } from '@norikv/testkit';
import { expect, it } from 'vitest';
import type { VectorKvStore } from '../src/core/vector-kv-store.js';
import { shardCodec } from '../src/recommendation/popularity-shard.js';
import { noon, openShop, type RecommendationEngine, stateOf, stock, tasteOf } from './recommendation/shop.js';
import { mortalStores } from './support/mortal-stores.js';
import { excused, Told } from './support/told.js';

const schedules = 12 * Number(process.env.NORIKV_TEST_LOAD ?? 1);
const lasting = ['boots', 'poems'] as const;
const passing = ['sandals', 'novel'] as const;
const century = 100 * 365 * 86_400_000;

/** Which events a user's record has, and of which it knows the ids. */
interface User {
  readonly has: readonly number[];
  readonly ids: readonly number[];
}

const asItIs = (name: string): string => name;

/** Each event has a weight of its own, so that sums tell which of them were counted, and how often. */
const weightOf = (event: number): number => 4 ** event;

/** Processes that write, record, train and repair, and some of them die, over a store that fails in every way. */
async function play(seed: number): Promise<void> {
  const random = seededRandom(seed);
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item;
  const clock = new FakeClock();
  const memory = createMemoryVectorStore({ clock, latencyMs: () => 0.5 + 40 * random() ** 4 });
  const rate = pick([0, 0.02, 0.05]);
  const options = { clock, random, longHalfLifeMs: century, popularityMaxAgeMs: 0 };
  const survivor = await clock.run(() => openShop(memory, options));
  await clock.run(() => stock(survivor, lasting));
  const stores = mortalStores(memory, clock, random, rate, { chance: 0.4, least: 50, spread: 300 });
  const openProcess = async (): Promise<RecommendationEngine> => {
    return openShop(stores.open(), options).catch(() => survivor);
  };
  const products = new Told('none');
  const users = new Told<User>({ has: [], ids: [] });
  const counts = new Map<number, 'counted' | 'perhaps'>();
  let events = 0;

  const record = async (engine: RecommendationEngine, event: number): Promise<void> => {
    const interaction = { eventId: `e${event}`, weight: weightOf(event), at: noon };
    const call = async (): Promise<boolean> => {
      if (!counts.has(event)) counts.set(event, 'perhaps');
      const isRecorded = await engine.recordInteraction('ann', lasting[event % 2] ?? '', interaction);
      counts.set(event, 'counted');
      return isRecorded;
    };
    await users.write('ann', `record ${event}`, call, ({ has, ids }) =>
      ids.includes(event) ? [{ has, ids }, 'true'] : [{ has: [...has, event], ids: [...ids, event] }, 'true'],
    );
  };
  const act = async (engine: RecommendationEngine): Promise<void> => {
    const [id, choice] = [pick(passing), random()];
    if (choice < 0.2) {
      const name = `${id} ${events++ % 9}`;
      const index = () => engine.indexProduct(id, name, '', 'things');
      await products.write(id, name, index, () => [name, 'undefined']);
    } else if (choice < 0.3) {
      const remove = () => engine.removeProduct(id);
      await products.write(id, 'remove', remove, (name) => ['none', `${name !== 'none'}`]);
    } else if (choice < 0.55) {
      const event = random() < 0.4 ? Math.floor(random() * counts.size) : counts.size;
      if (event < 9) await record(engine, event);
    } else if (choice < 0.58) {
      const forget = () => engine.forgetUser('ann');
      await users.write('ann', 'forget', forget, ({ has, ids }) => [{ has: [], ids }, `${has.length > 0}`]);
    } else if (choice < 0.68) {
      const liked = ['u1', 'u2'].flatMap((userId) => lasting.map((productId) => ({ userId, productId })));
      await engine.trainItemVectors(liked, { factors: 2 }).catch(excused);
    } else if (choice < 0.85) {
      const startedAt = products.now();
      const found = await engine.getSimilarProducts('boots', 9).catch(excused);
      if (typeof found === 'string') return;
      for (const { productId, name } of found) {
        if (!lasting.some((one) => one === productId)) products.saw(productId, startedAt, name, asItIs);
      }
    } else await engine.repair().catch(excused);
  };
  const live = async (engine: RecommendationEngine): Promise<void> => {
    for (let turn = 0; turn < 6; turn += 1) await act(engine);
  };
  const processes = await clock.run(() => Promise.all([openProcess(), openProcess(), openProcess()]));
  await clock.run(() => Promise.all(processes.map(live)));
  stores.calm();
  await clock.advance(1_000);

  await clock.run(async () => {
    const taste = await tasteOf(memory, 'ann');
    const has = (taste?.recent ?? []).map(([, , weight]) => Math.log2(weight) / 2);
    users.saw('ann', users.now(), sorted(has), (user) => sorted(user.has));
    if (taste) expect(taste.sums.long.weight).toBeCloseTo(sumOf(has), 3);
    const counted = await countsOf(memory);
    for (const [event, count] of counts) {
      expect(count === 'counted' ? [1] : [0, 1]).toContain(Math.floor(counted / weightOf(event)) % 4);
    }
    // Meets the vectors that came too late, for the repair to remove them.
    await survivor.getSimilarProducts('boots', 9);
    await survivor.repair();
    expect(await survivor.verify()).toMatchObject({ isClean: true });
    const startedAt = products.now();
    const found = await survivor.getSimilarProducts('boots', 9);
    const shown = new Map(found.map(({ productId, name }) => [productId, name]));
    for (const id of passing) products.saw(id, startedAt, shown.get(id) ?? 'none', asItIs);
    expect(shown.has('poems')).toBe(true);
  });
  expect([...products.unexplained(), ...users.unexplained()]).toEqual([]);
}

const sorted = (events: readonly number[]): string => [...events].sort((one, other) => one - other).join();
const sumOf = (events: readonly number[]): number => events.reduce((sum, event) => sum + weightOf(event), 0);

/** What all counts of popularity come to. */
async function countsOf(store: VectorKvStore): Promise<number> {
  const keys = Array.from({ length: 16 }, (_, shard) => `recommendation:popularity/${shard}`);
  const states = await Promise.all(keys.map((key) => stateOf(store, key, shardCodec)));
  const demands = states.flatMap((state) => [...(state?.products.values() ?? [])]);
  return Math.round(demands.reduce((sum, { long }) => sum + long, 0));
}

it('counts each event once and shows no product that is not there, whatever becomes of calls and processes', async () => {
  for (let seed = 1; seed <= schedules; seed += 1) {
    await play(seed).catch((error: unknown) => {
      throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
    });
  }
});
