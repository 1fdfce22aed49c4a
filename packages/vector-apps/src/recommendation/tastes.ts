import { type Change, ContentionError, keep, remove, type Transition, write } from '@norikv/cas-retry';
import type { Clock } from '@norikv/store';
import type { CallBudget } from '../core/call-budget.js';
import { LimitedUpdater } from '../core/limited-updater.js';
import type { VectorKvStore } from '../core/vector-kv-store.js';
import type { Catalogue, Item } from './catalogue.js';
import type { ItemSpace } from './item-space.js';
import { shortHash } from './short-hash.js';
import {
  emptyTaste,
  type Interaction,
  isSameSpace,
  rebuilt,
  type SpaceName,
  type Taste,
  type TasteRules,
  withInteraction,
} from './taste.js';
import { tasteCodec } from './taste-codec.js';
import type { UserEvent } from './user-event.js';

/** Options of {@link Tastes}. */
export interface TastesOptions extends TasteRules {
  readonly prefix: string;
  readonly clock: Clock;
  readonly random: () => number;
}

/** Event ids a user's record remembers. */
const eventWindow = 50;
const tries = 5;

/** The tastes of users: one record each, changed by compare-and-swap alone. */
export class Tastes {
  readonly #catalogue: Catalogue;
  readonly #options: TastesOptions;
  readonly #updater: LimitedUpdater;

  constructor(store: VectorKvStore, catalogue: Catalogue, options: TastesOptions) {
    const { clock, random } = options;
    this.#catalogue = catalogue;
    this.#options = options;
    this.#updater = new LimitedUpdater(store, { clock, random, operationWindow: eventWindow });
  }

  /** A user's taste in a space; undefined if nothing is known. One round trip, more if the space is new. */
  async read(userId: string, space: Promise<ItemSpace>, budget: CallBudget): Promise<Taste | undefined> {
    const [taste, current] = await Promise.all([
      this.#updater.read(this.#keyOf(userId), tasteCodec, budget),
      space,
    ]);
    if (!taste || isSameSpace(taste.space, current.name)) return taste;
    return this.#moved(userId, taste, current, budget);
  }

  /**
   * Adds an event, once for each event id.
   *
   * @param item - its product; read again if another space counts meanwhile. If it is gone then, the event counts
   * without its vector.
   */
  async add(event: UserEvent, item: Item, budget: CallBudget): Promise<true> {
    const { userId, productId, weight, eventId } = event;
    const interaction: Interaction = [productId, event.atMs, weight];
    const hash = shortHash(productId);
    let found: Item | null = item;
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const { space, vector } = found ?? { ...item, vector: undefined };
      const add: Transition<Taste, boolean> = (taste = emptyTaste(space.name)) =>
        !vector || isSameSpace(taste.space, space.name)
          ? write(withInteraction(taste, interaction, hash, vector, this.#options), true)
          : keep(false);
      const operation = { opId: eventId, fingerprint: `${productId} ${weight}` };
      const isAdded = await this.#updater.update(this.#keyOf(userId), tasteCodec, add, budget, operation);
      if (isAdded) return true;
      const taste = await this.#updater.read(this.#keyOf(userId), tasteCodec, budget);
      if (taste) await this.#moved(userId, taste, space, budget);
      found = await this.#catalogue.find(productId, budget);
    }
    const message = `The vectors of products changed ${tries} times while they were read; try again`;
    throw new ContentionError(message, { attempts: tries });
  }

  /** Removes all that is known of a user. True if there was anything. */
  forget(userId: string, budget: CallBudget): Promise<boolean> {
    const end = (taste: Taste | undefined): Change<Taste, boolean> => remove(taste !== undefined);
    return this.#updater.update(this.#keyOf(userId), tasteCodec, end, budget);
  }

  /** The taste in another space. It is kept so, unless the record has changed or is of a later training. */
  async #moved(userId: string, taste: Taste, space: ItemSpace, budget: CallBudget): Promise<Taste> {
    const ids = taste.recent.map(([productId]) => productId);
    const vectorOf = await space.vectorsById(ids, budget);
    const moved = rebuilt(taste, space.name, (id) => vectorOf.get(id), this.#options);
    const move: Transition<Taste, null> = (current) =>
      current && isOlder(current.space, space.name) && isSameHistory(current, taste)
        ? write({ ...current, space: moved.space, sums: moved.sums }, null)
        : keep(null);
    await this.#updater.update(this.#keyOf(userId), tasteCodec, move, budget);
    return moved;
  }

  #keyOf(userId: string): string {
    return `${this.#options.prefix}user/${userId}`;
  }
}

/** Whether sums of the one are to be replaced by sums of the other. Models have no order: the asking one wins. */
function isOlder(stored: SpaceName, wanted: SpaceName): boolean {
  return stored.model !== wanted.model || stored.training < wanted.training;
}

function isSameHistory({ recent }: Taste, other: Taste): boolean {
  return JSON.stringify(recent) === JSON.stringify(other.recent);
}
