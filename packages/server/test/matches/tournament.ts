import { begun, listed } from '../../../testkit/test/one-order/game.js';
import { haveOneOrder, type MadeCall } from '../../../testkit/test/one-order/one-order.js';
import { type AnyGame, arrange, type Match, matchOf, players } from './match.js';
import type { Report } from './player.js';
import { PlayerProcess } from './player-process.js';

interface Call extends MadeCall<unknown> {
  readonly player: number;
  isOver: boolean;
  isKnownToBeNothing: boolean;
}

interface Play {
  readonly match: Match;
  readonly game: AnyGame;
  readonly calls: readonly Call[];
  hasBegun: boolean;
  prepared(isPrepared: boolean): void;
  over(): void;
}

/** Matches between processes, and what their callers were told. */
export class Tournament implements AsyncDisposable {
  readonly players: PlayerProcess[] = [];
  readonly #plays = new Map<string, Play>();
  played = 0;
  answers = 0;

  /** @param port - of the server. */
  static async on(port: number): Promise<Tournament> {
    const tournament = new Tournament();
    const started = Array.from({ length: players }, (_, number) =>
      PlayerProcess.start(port, number, {
        heard: (report) => tournament.#hear(report),
        gone: () => tournament.#miss(number),
      }),
    );
    tournament.players.push(...(await Promise.all(started)));
    return tournament;
  }

  /** Plays the match with this number. Returns its calls if no order of them explains what callers were told. */
  async play(seed: number): Promise<readonly string[] | undefined> {
    const match = matchOf(seed);
    const { game, turns } = arrange(match);
    const calls = turns.map(({ step, player }) => ({
      ...begun(step, 0),
      player,
      isOver: false,
      isKnownToBeNothing: false,
    }));
    const play: Play = { match, game, calls, hasBegun: false, prepared: () => {}, over: () => {} };
    this.#plays.set(match.id, play);
    const isPrepared = !game.prepare || (await this.#prepare(play, seed));
    if (isPrepared) await this.#run(play);
    this.#plays.delete(match.id);
    if (!isPrepared) return undefined;
    this.played += 1;
    const made = calls.filter(({ isKnownToBeNothing }) => !isKnownToBeNothing);
    this.answers += made.filter(({ answer }) => answer !== undefined).length;
    return haveOneOrder(game.initial, made) ? undefined : [`${match.game} ${seed}`, ...listed(made)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const player of this.players) await player[Symbol.asyncDispose]();
  }

  #prepare(play: Play, seed: number): Promise<boolean> {
    return new Promise((resolve) => {
      play.prepared = resolve;
      if (!this.players[seed % players]?.ask('prepare', play.match)) resolve(false);
    });
  }

  #run(play: Play): Promise<void> {
    return new Promise((resolve) => {
      const startedAt = Number(process.hrtime.bigint()) / 1e6;
      play.over = resolve;
      play.hasBegun = true;
      const isThere = this.players.map((player) => player.ask('play', play.match));
      for (const call of play.calls) {
        // Until its player says more exactly when.
        Object.assign(call, { startedAt });
        if (isThere[call.player]) continue;
        call.isKnownToBeNothing = true;
        call.isOver = true;
      }
      this.#look(play);
    });
  }

  #hear(report: Report): void {
    if (report.kind === 'ready') return;
    const play = this.#plays.get(report.match);
    if (report.kind === 'prepared') {
      play?.prepared(report.isPrepared);
      return;
    }
    const call = play?.calls[report.turn];
    if (!play || !call) return;
    if (report.kind === 'begun') {
      Object.assign(call, { startedAt: report.at });
      return;
    }
    call.isOver = true;
    call.isKnownToBeNothing = report.told === 'not applied';
    if (typeof report.told === 'object') {
      call.answer = report.told.answer;
      call.endedAt = report.at;
    }
    this.#look(play);
  }

  /** What a player had not answered for when it was killed may have been applied, or not. */
  #miss(number: number): void {
    for (const play of this.#plays.values()) {
      if (!play.hasBegun) play.prepared(false);
      for (const call of play.calls) if (call.player === number) call.isOver = true;
      this.#look(play);
    }
  }

  #look({ hasBegun, calls, over }: Play): void {
    if (hasBegun && calls.every(({ isOver }) => isOver)) over();
  }
}
