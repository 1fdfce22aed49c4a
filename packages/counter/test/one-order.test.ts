import { expect, it } from 'vitest';
import { findUnexplained } from '../../testkit/test/one-order/random-history.js';
import { counterGame } from './counter-game.js';

const schedules = 500 * Number(process.env.NORIKV_TEST_LOAD ?? 1);

it('all answers have one order, whatever calls go on at the same time and whatever becomes of replies', {
  timeout: 300_000,
}, async () => {
  for (let seed = 1; seed <= schedules; seed += 1) {
    expect(await findUnexplained(seed, counterGame), `seed ${seed}`).toBeUndefined();
  }
});
