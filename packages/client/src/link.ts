import type { Socket } from 'node:net';
import type { Settings } from './config.js';
import { dial } from './dial.js';
import { Session } from './session.js';
import { type Identity, secured } from './tls.js';

const firstPauseMs = 50;
const longestPauseMs = 2_000;
const growth = 1.6;
const silent = 'the server accepts the connection, but does not answer on it';

/** The way to a node: a session that is made when it is needed, and made again, ever less often, until one serves. */
export class Link {
  readonly #address: string;
  readonly #identify: (() => Identity) | undefined;
  readonly #settings: Settings;
  readonly #onChange: () => void;
  #stopDialing: (() => void) | undefined;
  #session: Session | undefined;
  #pause: NodeJS.Timeout | undefined;
  #failures = 0;
  #failure: Error | undefined;
  #isProven = false;
  #isClosed = false;

  /** @param identify - gives each connection its identity; undefined without TLS. */
  constructor(
    address: string,
    identify: (() => Identity) | undefined,
    settings: Settings,
    onChange: () => void,
  ) {
    this.#address = address;
    this.#identify = identify;
    this.#settings = settings;
    this.#onChange = onChange;
  }

  /** The session, if it is up. */
  get session(): Session | undefined {
    return this.#session?.isUp ? this.#session : undefined;
  }

  /** Whether an attempt to connect has failed, or was waited for in vain, and none has served since. */
  get isDown(): boolean {
    return this.#failures > 0;
  }

  /** Why there is no session, as far as that is known. */
  get failure(): Error | undefined {
    return this.#session && !this.#session.isUp ? new Error(silent) : this.#failure;
  }

  /** The session serves. One that ends before it does counts as a failed attempt. */
  proven(): void {
    this.#isProven = true;
    this.#failures = 0;
    this.#failure = undefined;
  }

  /** Somebody has waited in vain: further calls should not, if they can go elsewhere. */
  late(): void {
    this.#failures ||= 1;
  }

  /** Connects, unless that is done or under way. */
  open(): void {
    if (this.#isClosed || this.#stopDialing || this.#session || this.#pause) return;
    this.#isProven = false;
    this.#stopDialing = dial(this.#address, (result) => {
      this.#stopDialing = undefined;
      if (result instanceof Error) this.#ended(result);
      else this.#begin(result);
    });
  }

  /** Connects no more, and ends the connection with every call on it. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#pause);
    this.#stopDialing?.();
    this.#session?.destroy();
  }

  #begin(socket: Socket): void {
    let way: Socket;
    try {
      const identity = this.#identify?.();
      way = identity ? secured(socket, this.#address, identity) : socket;
    } catch (error) {
      socket.destroy();
      this.#ended(error as Error);
      return;
    }
    this.#session = new Session(this.#address, way, this.#settings, {
      onUp: () => this.#onChange(),
      onEnd: (error) => {
        this.#session = undefined;
        this.#ended(error);
      },
    });
  }

  #ended(error: Error | undefined): void {
    this.#failure = error ?? this.#failure;
    if (!this.#isProven) this.#openLater();
    this.#onChange();
  }

  #openLater(): void {
    if (this.#isClosed) return;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * growth ** this.#failures);
    this.#failures += 1;
    const open = (): void => {
      this.#pause = undefined;
      this.open();
    };
    this.#pause = setTimeout(open, pauseMs * (0.8 + 0.4 * this.#settings.random())).unref();
  }
}
