import type { Transition, Updater } from '@norikv/cas-retry';
import { errorCode, type KvStore } from '@norikv/store';
import { rethrowUnlessDamaged } from './damage.js';
import type { Settings } from './options.js';
import { hashOf } from './session-id.js';
import { type SessionRecord, sessionCodec } from './session-record.js';
import { type Ending, end } from './session-transitions.js';
import { updaterOf } from './updater.js';
import { type UserRecord, userCodec } from './user-record.js';

/** The two kinds of records. Keys hold hashes only: no id, and nothing about a user. */
export class Records {
  readonly #client: KvStore;
  readonly #updater: Updater;
  readonly #settings: Settings;

  constructor(client: KvStore, settings: Settings, user: string) {
    this.#client = client;
    this.#settings = settings;
    this.#updater = updaterOf(client, settings, user);
  }

  readSession(key: string): Promise<SessionRecord | undefined> {
    return this.#updater.read(this.#sessionKey(key), sessionCodec, this.#callOptions());
  }

  readUser(userId: string): Promise<UserRecord | undefined> {
    return this.#updater.read(this.#userKey(userId), userCodec, this.#callOptions());
  }

  /** Made again where the outcome is unknown, so only for what may be applied twice. */
  updateSession<Result>(key: string, transition: Transition<SessionRecord, Result>): Promise<Result> {
    return this.#repeat((deadlineMs) =>
      this.#updater.update(this.#sessionKey(key), sessionCodec, transition, { deadlineMs }),
    );
  }

  /** As {@link updateSession}, but never repeated where the outcome is unknown. */
  updateSessionOnce<Result>(key: string, transition: Transition<SessionRecord, Result>): Promise<Result> {
    return this.#updater.update(this.#sessionKey(key), sessionCodec, transition);
  }

  /**
   * Ends a session; returns what ended. What cannot be read is removed: it must not come back when somebody can
   * read it, and no late write begins a session where there is none.
   */
  async endSession(key: string): Promise<Ending | 'damaged'> {
    try {
      return await this.updateSession(key, end());
    } catch (error) {
      rethrowUnlessDamaged(error);
      await this.#client.delete(this.#sessionKey(key), this.#callOptions());
      return 'damaged';
    }
  }

  /** As {@link updateSession}. */
  updateUser<Result>(userId: string, transition: Transition<UserRecord, Result>): Promise<Result> {
    const key = this.#userKey(userId);
    return this.#repeat((deadlineMs) => this.#updater.update(key, userCodec, transition, { deadlineMs }));
  }

  async #repeat<Result>(update: (deadlineMs: number) => Promise<Result>): Promise<Result> {
    const { clock, deadlineMs } = this.#settings;
    const deadlineAt = clock.monotonic() + deadlineMs;
    let doubt: unknown;
    for (;;) {
      try {
        return await update(Math.max(1, deadlineAt - clock.monotonic()));
      } catch (error) {
        const code = errorCode(error);
        if (code === 'CORRUPT_RECORD') throw error;
        // That nothing was written this time does not say so of the times before.
        if (code !== 'OUTCOME_UNKNOWN' || clock.monotonic() >= deadlineAt) throw doubt ?? error;
        doubt = error;
      }
    }
  }

  #sessionKey(key: string): string {
    return `${this.#settings.prefix}:id:${key}`;
  }

  #userKey(userId: string): string {
    return `${this.#settings.prefix}:user:${hashOf(userId)}`;
  }

  #callOptions(): { readonly timeoutMs: number } {
    return { timeoutMs: this.#settings.deadlineMs };
  }
}
