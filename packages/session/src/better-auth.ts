import { type Change, delay, keep, remove, type Transition, write } from '@norikv/cas-retry';
import { find, InvalidArgumentError, isNoriKVError, isVersionMismatch, type KvStore } from '@norikv/store';
import { checkOptions, checkString, draw, refuse } from '@norikv/store/checks';
import { rethrowUnlessDamaged } from './damage.js';
import { type SessionStoreOptions, settingsOf } from './options.js';
import { hashOf } from './session-id.js';
import {
  referencesIn,
  type SessionReference,
  type StoredText,
  storedTextCodec,
  textOf,
} from './stored-text.js';
import { updaterOf } from './updater.js';

/** What better-auth wants of a `secondaryStorage`. Times are in seconds. */
export interface BetterAuthStorage {
  /** A value, or null. */
  get(key: string): Promise<string | null>;
  /** Does nothing for the token of a session that was deleted. A list of sessions is merged; the later time counts. */
  set(key: string, value: string, ttl?: number): Promise<void>;
  /** Removes a value, also one that cannot be read; the token of a session for ever. */
  delete(key: string): Promise<void>;
  /** Of several callers at once, one gets the value. */
  getAndDelete(key: string): Promise<string | null>;
  /** Counts one up and returns the count; the count is gone `ttl` seconds after the first. Refuses other text. */
  increment(key: string, ttl: number): Promise<number>;
}

/** Options of {@link betterAuthStorage}. */
export interface BetterAuthStorageOptions
  extends Pick<SessionStoreOptions, 'deadlineMs' | 'unsafeAllowNonAtomicCas' | 'clock' | 'random'> {
  /** Begins every key. Default `better-auth`. */
  readonly prefix?: string | undefined;
}

const optionNames: readonly string[] = ['prefix', 'deadlineMs', 'unsafeAllowNonAtomicCas', 'clock', 'random'];

/** The token of a session: never used again once it was deleted. */
const tokenPattern = /^[A-Za-z0-9]{32}$/;
const countPattern = /^\d{1,15}$/;
const listPrefix = 'active-sessions-';
/** Longer than any request lasts that may still hold the session. */
const leastTombstoneMs = 300_000;
/** Between two looks at a store that does not answer. */
const longestWaitMs = 50;

/**
 * Makes the `secondaryStorage` of better-auth. Keys are hashed; values are as better-auth makes them, and
 * contain the tokens of its sessions.
 *
 * A session that was deleted is not written back by a request that was under way, and of sign-ins at the same
 * time none is missing in the list of the user. Where the store does not answer for `deadlineMs`, calls throw;
 * better-auth logs that, and still answers that a sign-out worked.
 *
 * @example
 * ```ts
 * betterAuth({ secondaryStorage: betterAuthStorage(store), rateLimit: { storage: 'secondary-storage' } });
 * ```
 */
export function betterAuthStorage(
  client: KvStore,
  options: BetterAuthStorageOptions = {},
): BetterAuthStorage {
  const { prefix: given = 'better-auth' } = checkOptions(options, optionNames);
  const settings = settingsOf(1, { ...options, prefix: given }, []);
  const { prefix, deadlineMs, clock, random } = settings;
  const updater = updaterOf(client, settings, 'betterAuthStorage');

  const physical = (key: string): string => `${prefix}:${hashOf(key)}`;
  /** better-auth gives up a sign-out at the first read that fails, and says it worked: so this asks again. */
  const read = async (key: string): Promise<StoredText | undefined> => {
    const deadlineAt = clock.monotonic() + deadlineMs;
    for (;;) {
      try {
        const timeoutMs = Math.max(1, Math.ceil(deadlineAt - clock.monotonic()));
        return await updater.read(physical(key), storedTextCodec, { timeoutMs });
      } catch (error) {
        const mayPass = isNoriKVError(error) && error.retryable;
        if (!mayPass || clock.monotonic() + longestWaitMs >= deadlineAt) throw error;
        await delay(draw(random) * longestWaitMs, undefined, clock);
      }
    }
  };
  const update = async <Result>(key: string, transition: Transition<StoredText, Result>): Promise<Result> =>
    updater.update(physical(key), storedTextCodec, transition);

  /** What is damaged is not known to be over. */
  const isOver = async (token: string): Promise<boolean> => {
    try {
      return isTombstone(await read(token));
    } catch (error) {
      rethrowUnlessDamaged(error);
      return false;
    }
  };
  /** What cannot be read is overwritten first: it must not come back when somebody can read it. */
  const endAnyway = async (key: string): Promise<void> => {
    try {
      await update(key, end(key));
    } catch (error) {
      rethrowUnlessDamaged(error);
      await overwrite(key);
      await update(key, end(key));
    }
  };
  const overwrite = async (key: string): Promise<void> => {
    const damaged = await find(client, physical(key), { timeoutMs: deadlineMs });
    if (!damaged) return;
    const { state = { value: '', expiresAt: 0 }, ttlMs = 1 } = end(key)(undefined, settings.now());
    const options = { timeoutMs: deadlineMs, ifMatchVersion: damaged.version, ttlMs };
    await client.put(physical(key), storedTextCodec.encode(state), options).catch((error) => {
      // Somebody else just ended it.
      if (!isVersionMismatch(error)) throw error;
    });
  };

  /** A session is taken out of a list only where it is known to be over: another process may have added it. */
  const setList = async (key: string, wanted: readonly SessionReference[]): Promise<void> => {
    const listed = referencesIn(textOf(await read(key), clock.now()));
    const ends = await Promise.all(listed.map(({ token }) => isOver(token)));
    const over = new Set(listed.filter((_, position) => ends[position]).map(({ token }) => token));
    // better-auth hands back what it read, sessions that are over included.
    await update(key, merge(wanted, over));
  };

  return {
    get: async (key) => textOf(await read(key), clock.now()),
    async set(key, value, ttl) {
      checkString('value', value);
      if (key.startsWith(listPrefix)) return setList(key, referencesIn(value));
      const ttlMs = millisecondsOf(ttl);
      if (ttlMs !== undefined && ttlMs <= 0) return endAnyway(key);
      return update(key, (stored, now) => (isTombstone(stored) ? keep(undefined) : text(value, ttlMs, now)));
    },
    async delete(key) {
      return key.startsWith(listPrefix) ? setList(key, []) : endAnyway(key);
    },
    getAndDelete: (key) =>
      update<string | null>(key, (stored, now) => {
        const { kind, state, ttlMs } = end(key)(stored, now);
        return { kind, result: textOf(stored, now), state, ttlMs };
      }),
    async increment(key, ttl) {
      const windowMs = millisecondsOf(ttl) ?? 0;
      if (windowMs <= 0) refuse('ttl', ttl, 'a number of seconds above 0, or nothing is ever counted');
      return update(key, (stored, now) => {
        const found = textOf(stored, now);
        if (found !== null && !countPattern.test(found))
          refuse('value under the key', 'text', 'a key of counts only');
        const count = Number(found ?? 0) + 1;
        // At most the window: what a clock that was ahead wrote would else be counted for as long as it was ahead.
        const lasting =
          stored?.expiresAt === undefined ? undefined : Math.min(windowMs, stored.expiresAt - now);
        return { ...text(String(count), found === null ? windowMs : lasting, now), result: count };
      });
    },
  };
}

function isTombstone(stored: StoredText | undefined): boolean {
  return stored !== undefined && stored.value === undefined;
}

/** @throws InvalidArgumentError for a time that would be for ever by mistake. */
function millisecondsOf(ttl: number | undefined): number | undefined {
  if (ttl === undefined || Number.isFinite(ttl)) return ttl && Math.ceil(ttl * 1_000);
  throw new InvalidArgumentError(`ttl is ${ttl}; use a number of seconds, or leave it out`);
}

function text(value: string, ttlMs: number | undefined, now: number): Change<StoredText, void> {
  if (ttlMs === undefined) return write({ value }, undefined);
  return write({ value, expiresAt: now + ttlMs }, undefined, Math.max(1, ttlMs));
}

/** Removes a text. A token leaves a tombstone, even if nothing is stored: a sign-in may be about to write it. */
function end(key: string): Transition<StoredText, void> {
  return (stored, now) => {
    if (!tokenPattern.test(key)) return stored ? remove(undefined) : keep(undefined);
    if (isTombstone(stored)) return keep(undefined);
    const ttlMs = Math.max(leastTombstoneMs, (stored?.expiresAt ?? now) - now);
    return write({ expiresAt: now + ttlMs }, undefined, ttlMs);
  };
}

/**
 * Of two times of a session the later one counts: the other may have been read before the session was renewed. Who is
 * listed for longer than they live is passed over; who is listed for less is missed by whoever ends all sessions.
 */
function merge(wanted: readonly SessionReference[], over: ReadonlySet<string>): Transition<StoredText, void> {
  return (stored, now) => {
    const latest = new Map<string, SessionReference>();
    for (const reference of [...referencesIn(textOf(stored, now)), ...wanted]) {
      const { token, expiresAt } = reference;
      if (expiresAt > (latest.get(token)?.expiresAt ?? now) && !over.has(token)) latest.set(token, reference);
    }
    const merged = [...latest.values()].sort((left, right) => left.expiresAt - right.expiresAt);
    const furthest = merged.at(-1)?.expiresAt;
    if (furthest === undefined) return stored ? remove(undefined) : keep(undefined);
    return text(JSON.stringify(merged), Math.ceil(furthest - now), now);
  };
}
