import { counterGame } from '../../../counter/test/counter-game.js';
import { commandGame, lifeGame } from '../../../eventstore/test/stream-games.js';
import { stockGame } from '../../../inventory/test/support/stock-game.js';
import { seededRandom } from '../../../testkit/src/index.js';
import type { Game, Step } from '../../../testkit/test/one-order/game.js';

export type AnyGame = Game<unknown, unknown>;
type NewGame = (random: () => number) => AnyGame;

const games = {
  counter: counterGame as NewGame,
  stock: stockGame as NewGame,
  streams: lifeGame as NewGame,
  commands: commandGame as NewGame,
};

/** Some calls of several processes on one object: each process finds them out from the seed. */
export interface Match {
  readonly id: string;
  readonly game: keyof typeof games;
  readonly seed: number;
}

/** Who makes a call, and when. */
export interface Turn {
  readonly step: Step<unknown, unknown>;
  readonly player: number;
  readonly afterMs: number;
}

export const players = 3;
const turnsOfMatch = 10;

/** The match with this number. */
export function matchOf(seed: number): Match {
  const names = Object.keys(games) as (keyof typeof games)[];
  return { id: `match-${seed}`, game: names[seed % names.length] ?? 'counter', seed };
}

/** The same in each process. After that chance is a process's own, or all would come at the same moment. */
export function arrange({ game: name, seed }: Match): { readonly game: AnyGame; readonly turns: Turn[] } {
  let random = seededRandom(seed);
  const game = games[name](() => random());
  const spreadMs = 20 + random() * 300;
  const turns = Array.from({ length: turnsOfMatch }, (_, number) => ({
    step: game.next(number),
    player: Math.floor(random() * players),
    afterMs: random() * spreadMs,
  }));
  random = Math.random;
  return { game, turns };
}
