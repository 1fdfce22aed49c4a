// Takes its turns in matches, as one of several processes. Arguments: the server's address, and which player it is.
import { setTimeout as sleep } from 'node:timers/promises';
import { NoriKVClient } from '@norikv/client';
import { systemClock } from '@norikv/store';
import { ScopedStore } from '../../../tenancy/src/index.js';
import { type Told, take } from '../../../testkit/test/one-order/game.js';
import { type AnyGame, arrange, type Match, type Turn } from './match.js';

/** What a player is asked for. */
export interface Request {
  readonly kind: 'prepare' | 'play';
  readonly match: Match;
}

/** What a player tells. Times are those of the machine, in milliseconds. */
export type Report =
  | { readonly kind: 'ready' }
  | { readonly kind: 'prepared'; readonly match: string; readonly isPrepared: boolean }
  | { readonly kind: 'begun'; readonly match: string; readonly turn: number; readonly at: number }
  | {
      readonly kind: 'told';
      readonly match: string;
      readonly turn: number;
      readonly at: number;
      readonly told: Told;
    };

const [address = '', number = ''] = process.argv.slice(2);

function tell(report: Report): void {
  // Who asked may be gone.
  process.send?.(report, undefined, undefined, () => {});
}

function now(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

async function connected(): Promise<NoriKVClient> {
  for (;;) {
    const client = new NoriKVClient({ nodes: [address], watchCluster: false });
    try {
      await client.connect();
      return client;
    } catch {
      await client.close();
    }
  }
}

const client = await connected();
const entered = new Map<
  string,
  { readonly game: AnyGame; readonly turns: Turn[]; readonly subject: unknown }
>();

function enter(match: Match) {
  const known = entered.get(match.id);
  if (known) return known;
  const { game, turns } = arrange(match);
  const subject = game.open(new ScopedStore(client, `${match.id}/`), systemClock);
  const seat = { game, turns, subject };
  entered.set(match.id, seat);
  return seat;
}

async function takeTurn({ step, afterMs }: Turn, match: string, turn: number, subject: unknown) {
  await sleep(afterMs);
  tell({ kind: 'begun', match, turn, at: now() });
  const told = await take(step, subject);
  tell({ kind: 'told', match, turn, at: now(), told });
}

process.on('disconnect', () => process.exit());
process.on('message', async ({ kind, match }: Request) => {
  const { game, turns, subject } = enter(match);
  if (kind === 'prepare') {
    const isPrepared = await Promise.resolve(game.prepare?.(subject)).then(
      () => true,
      () => false,
    );
    tell({ kind: 'prepared', match: match.id, isPrepared });
    return;
  }
  for (const [position, turn] of turns.entries()) {
    if (turn.player === Number(number)) void takeTurn(turn, match.id, position, subject);
  }
});
tell({ kind: 'ready' });
