import { expect, it } from 'vitest';
import { findUnexplained } from '../../testkit/test/one-order/random-history.js';
import { commandGame, lifeGame } from './stream-games.js';

const schedules = 400 * Number(process.env.NORIKV_TEST_LOAD ?? 1);

it.each([
  ['a stream that is appended to, read, archived, restored and deleted', lifeGame],
  ['commands, with names and without, and of state', commandGame],
])(
  'all answers have one order, whatever calls go on at the same time and whatever becomes of replies: of %s',
  {
    timeout: 300_000,
  },
  async (_what, newGame) => {
    for (let seed = 1; seed <= schedules; seed += 1) {
      expect(await findUnexplained(seed, newGame), `seed ${seed}`).toBeUndefined();
    }
  },
);
