import { cutOff, isCutOff } from '../core/after-write.js';
import { mapBounded } from '../core/map-bounded.js';

/**
 * Writes documents, a bounded number at a time. Where some are written and the call is cut off, that must not look as
 * if nothing was.
 *
 * @throws OutcomeUnknownError whose cause is what cut it off. Other failures stay as they are.
 */
export async function writeEach<Item, Result>(
  items: readonly Item[],
  limit: number,
  remedy: string,
  write: (item: Item, place: number) => Promise<Result>,
): Promise<Result[]> {
  let written = 0;
  try {
    return await mapBounded(items, limit, async (item, place) => {
      const result = await write(item, place);
      written += 1;
      return result;
    });
  } catch (error) {
    if (written === 0 || !isCutOff(error)) throw error;
    throw cutOff(`${written} of ${items.length} documents are done`, remedy, error);
  }
}
