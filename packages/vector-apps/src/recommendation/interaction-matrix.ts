import { checkNumber } from '../core/checks.js';
import { compareText } from '../core/ranking.js';

/** Somebody met something: what `trainItemVectors` learns from. */
export interface TrainingEvent {
  readonly userId: string;
  readonly productId: string;
  /** Default 1. Events of one user and product add up; what does not come to more than 0 is left out. */
  readonly weight?: number | undefined;
}

/** Who met what, without how often: a row for each user, of places in `productIds`. */
export interface InteractionMatrix {
  readonly productIds: readonly string[];
  readonly rows: readonly Uint32Array[];
}

const most = Number.MAX_SAFE_INTEGER;

/** Some milliseconds of work. */
const eventsPerPause = 10_000;

/** Collects events. Products for which `isKnown` is false, and users left with a single product, teach nothing. */
export async function interactionMatrix(
  events: Iterable<TrainingEvent> | AsyncIterable<TrainingEvent>,
  isKnown: (productId: string) => boolean,
  pause: () => Promise<void>,
): Promise<InteractionMatrix> {
  let read = 0;
  const weights = new Map<string, Map<string, number>>();
  for await (const { userId, productId, weight = 1 } of events) {
    read += 1;
    if (read % eventsPerPause === 0) await pause();
    checkNumber('weight of an event', weight, -most, most);
    if (!isKnown(productId)) continue;
    const products = weights.get(userId) ?? new Map<string, number>();
    weights.set(userId, products.set(productId, (products.get(productId) ?? 0) + weight));
  }
  read = 0;
  const places = new Map<string, number>();
  const rows: Uint32Array[] = [];
  // In the order of their names, so that the order of the events does not matter.
  for (const [, products] of [...weights].sort(byName)) {
    read += products.size;
    if (read > eventsPerPause) {
      read = 0;
      await pause();
    }
    const liked = [...products].filter(([, weight]) => weight > 0).sort(byName);
    if (liked.length < 2) continue;
    rows.push(
      Uint32Array.from(liked, ([id]) => {
        const place = places.get(id) ?? places.size;
        places.set(id, place);
        return place;
      }),
    );
  }
  return { productIds: [...places.keys()], rows };
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return compareText(left, right);
}
