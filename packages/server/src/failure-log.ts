import { errorCode } from '@norikv/store';
import type { ServerSettings } from './options.js';

const everyMs = 10_000;

/**
 * Logs what fails in the store. While it goes on failing in the same way, such as on a full disk, every call does:
 * then a line comes every ten seconds, with how many had none.
 */
export class FailureLog {
  readonly #settings: Pick<ServerSettings, 'log' | 'clock'>;
  readonly #kinds = new Map<string | undefined, { readonly loggedAtMs: number; unlogged: number }>();

  constructor(settings: Pick<ServerSettings, 'log' | 'clock'>) {
    this.#settings = settings;
  }

  add(method: string, code: string, error: unknown): void {
    const { log, clock } = this.#settings;
    const nowMs = clock.monotonic();
    const kind = errorCode(error);
    const known = this.#kinds.get(kind);
    if (known && nowMs - known.loggedAtMs < everyMs) {
      known.unlogged += 1;
      return;
    }
    const { unlogged } = known ?? { unlogged: 0 };
    this.#kinds.set(kind, { loggedAtMs: nowMs, unlogged: 0 });
    log({ level: 'error', event: 'call failed', method, code, error: String(error), unlogged });
  }
}
