import type { CallBudget } from './call-budget.js';

/**
 * What a source gives, within the limits of a call: once they end it throws, also while the source has nothing to
 * give. The source is closed as soon as it can be.
 */
export async function* limitedSource<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  budget: CallBudget,
): AsyncGenerator<Item, void, void> {
  const source = each(items);
  let isAsked = false;
  const ask = (): Promise<IteratorResult<Item, void>> => {
    isAsked = true;
    return source.next();
  };
  try {
    for (;;) {
      const next = await budget.waitFor(ask);
      isAsked = false;
      if (next.done) return;
      yield next.value;
    }
  } finally {
    const closed = source.return();
    // One that is asked and silent is closed once it answers. Nobody waits for that.
    if (isAsked) void Promise.allSettled([closed]);
    else await closed;
  }
}

/** A generator answers its calls one after another, and closes its source when it is closed. */
async function* each<Item>(items: Iterable<Item> | AsyncIterable<Item>): AsyncGenerator<Item, void, void> {
  yield* items;
}
