import { ContentionError } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { BoundedMap } from '@norikv/store/bounded-map';
import type { Settings } from './options.js';
import { Records } from './records.js';
import { isLive, type LiveSession, successorOf } from './session-record.js';
import {
  type CookieTerms,
  change,
  isSame,
  isTouchDue,
  type NextSession,
  open,
  replace,
  touch,
} from './session-transitions.js';
import { UserLedger } from './user-ledger.js';
import { type Candidate, withdraw, withdrawAll, withdrawFor } from './user-transitions.js';

/** A session that lives, and the key it is under now. */
export interface Found {
  readonly key: string;
  readonly session: LiveSession;
}

/** What a sign-in says beside the session. */
type SignInTerms = Pick<Candidate, 'generation' | 'replaces'>;

/** The session that takes the place of another one. */
interface Successor {
  readonly replacedBy: string;
  readonly followUntil: number | undefined;
}

/** How a session is called in events. */
interface Named {
  /** The same for all ids it has had. */
  readonly handle: string;
  readonly userId: string | undefined;
}

/** How many sessions a process remembers the users of. */
const rememberedSessions = 10_000;

/** How long a look may wait for what nothing depends on. */
const longestWaitMs = 100;

/** The life of sessions, by the hashes of their ids. */
export class SessionLedger {
  readonly settings: Settings;
  readonly users: UserLedger;
  protected readonly records: Records;
  /** What is being written as seen. */
  readonly #seeing = new Set<string>();
  /** Whose a session is, so that both records can be read at once. It only saves time. */
  readonly #owners = new BoundedMap<string>(rememberedSessions);

  constructor(client: KvStore, settings: Settings, user: string) {
    this.settings = settings;
    this.records = new Records(client, settings, user);
    this.users = new UserLedger(this.records, settings);
  }

  /**
   * The session that lives under a key, or that took its place a moment ago.
   *
   * @param unnamed - as it was read before, when its user did not name it: it may just have got another id or user.
   */
  async find(
    key: string,
    path: readonly string[] = [key],
    unnamed?: LiveSession,
  ): Promise<Found | undefined> {
    const owner = unnamed ? undefined : this.#owners.get(key);
    const [record, ownerRecord] = await Promise.all([
      this.records.readSession(key),
      owner === undefined ? undefined : this.records.readUser(owner),
    ]);
    const now = this.settings.now();
    if (record?.kind === 'ended') {
      const next = now < (record.followUntil ?? 0) ? successorOf(record, path) : undefined;
      return next === undefined ? undefined : this.find(next, [...path, next]);
    }
    if (!isLive(record, now)) return undefined;
    const { userId } = record;
    if (userId !== undefined) {
      const user = userId === owner ? ownerRecord : await this.records.readUser(userId);
      this.#owners.set(key, userId);
      if (!user?.sessions.some((session) => session.key === key)) {
        return unnamed && isSame(unnamed, record) ? undefined : this.find(key, path, record);
      }
    }
    return { key, session: record };
  }

  /** Writes that a session was seen, if it is time. Nobody's answer depends on it, so nobody waits for long. */
  async see({ key, session }: Found): Promise<void> {
    const { clock } = this.settings;
    if (this.#seeing.has(key) || !isTouchDue(session, this.settings.now())) return;
    this.#seeing.add(key);
    await new Promise<void>((resolve) => {
      const cancel = clock.startTimer(resolve, longestWaitMs);
      void this.users
        .upkeep(() => this.touch(key))
        .then(() => {
          this.#seeing.delete(key);
          cancel();
          resolve();
        });
    });
  }

  /** Writes that a session was seen, or the new terms of its cookie, if it is time. */
  touch(key: string, terms?: CookieTerms): Promise<boolean> {
    return this.records.updateSession(key, touch(terms));
  }

  /** Begins a session. False if its user's were ended since it was asked for, or if the key is, or was, taken. */
  async begin(key: string, session: LiveSession, terms: SignInTerms = {}): Promise<boolean> {
    const isOpen = await this.#open(key, session, terms);
    if (isOpen) this.settings.onEvent({ kind: 'created', handle: key, userId: session.userId });
    return isOpen;
  }

  /** Changes a session. False if it is over, or was left as it is. */
  change(key: string, next: NextSession): Promise<boolean> {
    return this.records.updateSessionOnce(key, change(next));
  }

  /** Ends a session and whatever took its place. False if it was over. */
  async end(key: string): Promise<boolean> {
    const ended = await this.#end(key, withdrawAll);
    if (ended) this.settings.onEvent({ kind: 'ended', ...ended, reason: 'destroyed' });
    return ended !== undefined;
  }

  /** Gives a session another key. False if it is over; then so is what was to take its place. */
  async move({ key, session }: Found, newKey: string, overlapMs: number): Promise<boolean> {
    const now = this.settings.now();
    const followUntil = overlapMs > 0 ? now + overlapMs : undefined;
    try {
      const isOpen = await this.#open(newKey, { ...session, lastSeenAt: now }, { continues: key });
      if (!isOpen) return false;
      if (await this.#replace(key, session, { replacedBy: newKey, followUntil })) return true;
    } catch (error) {
      await this.users.upkeep(() => this.#end(newKey));
      throw error;
    }
    await this.#end(newKey);
    return false;
  }

  async #open(
    key: string,
    session: LiveSession,
    terms: SignInTerms & Pick<Candidate, 'continues'>,
  ): Promise<boolean> {
    const { userId, createdAt, expiresAt } = session;
    const write = (): Promise<boolean> => this.records.updateSessionOnce(key, open(session));
    const candidate = { key, createdAt, expiresAt, ...terms };
    return userId === undefined ? write() : this.users.begin(userId, candidate, write);
  }

  /** As {@link end}, and tells nobody. Undefined if it was over. */
  async #end(key: string, unname = withdraw, path: readonly string[] = [key]): Promise<Named | undefined> {
    const ended = await this.records.endSession(key);
    // Whose it was cannot be known.
    if (ended === 'damaged') return { handle: key, userId: undefined };
    const next = ended?.kind === 'ended' ? successorOf(ended, path) : undefined;
    if (next !== undefined) return this.#end(next, unname, [...path, next]);
    if (ended?.kind !== 'live') return undefined;
    const { userId } = ended;
    const handle = await this.users.withdraw(userId, key, unname);
    const wasOver = handle === undefined || !isLive(ended, this.settings.now());
    return wasOver ? undefined : { handle, userId };
  }

  /** What is changed meanwhile moves along before the old key leads to the new one: nobody finds an old copy. */
  async #replace(key: string, copied: LiveSession, successor: Successor): Promise<boolean> {
    const { clock, deadlineMs } = this.settings;
    const deadlineAt = clock.monotonic() + deadlineMs;
    let copy = copied;
    for (let attempts = 1; ; attempts += 1) {
      const current = await this.records.updateSessionOnce(key, replace(copy, successor));
      // Somebody else may have signed in under the same id: that session is not the one to move.
      if (current?.kind !== 'live' || current.userId !== copied.userId) return false;
      const { userId, data } = current;
      if (isSame(current, copy)) {
        const handle = await this.users.withdraw(userId, key, withdrawFor(successor.replacedBy));
        if (handle === undefined) return true;
        this.settings.onEvent({ kind: 'ended', handle, userId, reason: 'regenerated' });
        this.settings.onEvent({ kind: 'created', handle, userId });
        return true;
      }
      if (clock.monotonic() >= deadlineAt) {
        const message = 'The session kept changing while it was to get a new id; try again';
        throw new ContentionError(message, { attempts, outcome: 'not-applied' });
      }
      if (!(await this.change(successor.replacedBy, (session) => ({ ...session, data })))) return false;
      copy = current;
    }
  }
}
