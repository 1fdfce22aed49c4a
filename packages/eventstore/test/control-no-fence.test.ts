import { keep } from '@norikv/cas-retry';
import { expect, it, vi } from 'vitest';
import type * as MarkModule from '../src/feed/mark-published.js';
import { firstFailure } from './simulation/failures.js';

vi.mock('../src/feed/mark-published.js', async (load) => {
  const original = await load<typeof MarkModule>();
  const markPublished: typeof original.markPublished = (head, to, partitions, isQuiet) => {
    const change = original.markPublished(head, to, partitions, isQuiet);
    const isNothingNew = to <= (head.feed?.published ?? 0) && !head.feed?.dirty;
    return isNothingNew ? keep(change.result) : change;
  };
  return { ...original, markPublished };
});

it('a sweeper without a fence leaves events unpublished, and the simulator finds it', {
  timeout: 600_000,
}, async () => {
  expect(await firstFailure(20_000, true)).toMatch(/oracle: .* is published/);
});
