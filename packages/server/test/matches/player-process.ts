import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FaultyNetwork } from '../support/faulty-network.js';
import type { Match } from './match.js';
import type { Report, Request } from './player.js';

const program = fileURLToPath(new URL('./player.ts', import.meta.url));

/** What is told of a player. */
export interface PlayerEvents {
  heard(report: Report): void;
  gone(): void;
}

/** A player in a process and a network of its own; killed, it comes back as if it had never been there. */
export class PlayerProcess implements AsyncDisposable {
  readonly network: FaultyNetwork;
  readonly #number: number;
  readonly #events: PlayerEvents;
  #child: ChildProcess | undefined;

  private constructor(network: FaultyNetwork, number: number, events: PlayerEvents) {
    this.network = network;
    this.#number = number;
    this.#events = events;
  }

  /** @param port - of the server. */
  static async start(port: number, number: number, events: PlayerEvents): Promise<PlayerProcess> {
    const player = new PlayerProcess(await FaultyNetwork.to(port), number, events);
    await player.#start();
    return player;
  }

  /** Asks for something, if there is anybody to ask. */
  ask(kind: Request['kind'], match: Match): boolean {
    return this.#child?.send({ kind, match } satisfies Request, () => {}) ?? false;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#child?.kill(signal);
  }

  async kill(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    child?.kill('SIGKILL');
    if (child) await once(child, 'exit');
    this.#events.gone();
  }

  async killAndStart(): Promise<void> {
    await this.kill();
    await this.#start();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await this.network[Symbol.asyncDispose]();
  }

  async #start(): Promise<void> {
    const child = fork(program, [this.network.address, String(this.#number)], {
      execArgv: ['--conditions=@norikv/source', '--import', 'tsx'],
      timeout: 600_000,
      killSignal: 'SIGKILL',
    });
    // Of messages to a process that is just being killed.
    child.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`The player ended with ${code}`)));
      child.on('message', (report: Report) => {
        if (report.kind === 'ready') resolve();
        else this.#events.heard(report);
      });
    });
    this.#child = child;
  }
}
