import { systemClock } from '@norikv/store';
import { expect, it } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import { createTurns, type Turns } from '../src/commands/turns.js';

const patience = { clock: systemClock };

/** Takes turns, of which the next is always asked for before one has ended; the last does not end. */
async function takeTurns(inTurn: Turns): Promise<WeakRef<object>> {
  const results = Array.from({ length: 100 }, () => ({}));
  const first = new WeakRef(results[0] ?? {});
  const taken = results.map((result) => inTurn('name', async () => result, patience));
  void inTurn('name', () => new Promise(() => {}), patience);
  await Promise.all(taken);
  return first;
}

it('a line that never empties does not keep what those before have come to', async () => {
  const inTurn = createTurns();
  const first = await takeTurns(inTurn);
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(first.deref()).toBeUndefined();
  void inTurn('name', async () => {}, patience);
});
