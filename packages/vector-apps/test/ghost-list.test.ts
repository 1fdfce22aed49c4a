import { expect, it } from 'vitest';
import { GhostList } from '../src/core/ghost-list.js';

it('a vector that many searches meet is noted once, and leaves room for others', () => {
  const ghosts = new GhostList();
  const often = { id: 'often', generation: 1, part: 0 };
  for (let distance = 0; distance < 2_000; distance += 1) {
    const hit = { ...often, distance };
    ghosts.add(hit);
  }
  const others = [
    { ...often, generation: 2 },
    { ...often, part: 1 },
    { ...often, id: 'late' },
  ];
  for (const other of others) ghosts.add(other);
  expect(ghosts.all).toEqual([often, ...others]);
  ghosts.clear();
  expect(ghosts.all).toEqual([]);
});
