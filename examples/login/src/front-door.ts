import {
  hashIdentifier,
  quotaExceeded,
  RateLimiter,
  type RateLimiterOptions,
  rateLimitHeaders,
} from '@norikv/rate-limit';
import { SessionManager } from '@norikv/session';
import type { KvStore } from '@norikv/store';
import type { Accounts } from './accounts.js';

/** What sessions of both servers hold, beside whose they are. */
export interface Visit {
  readonly server: string;
}

/** Whether somebody may come in; if not, what to answer. */
export type Admission =
  | { readonly kind: 'welcome'; readonly generation: number }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'too-often'; readonly headers: Record<string, string>; readonly body: string };

const quarterHourMs = 900_000;
const perAccount = {
  maxRequests: 5,
  windowMs: quarterHourMs,
  algorithm: 'fixed-window',
  name: 'account',
} as const;
const perAddress = {
  maxRequests: 20,
  windowMs: quarterHourMs,
  algorithm: 'fixed-window',
  name: 'address',
} as const;

/** What both servers have in common: whom they let in, how often somebody may try, and all their sessions. */
export class FrontDoor {
  readonly store: KvStore;
  readonly sessions: SessionManager<Visit>;
  /** For all requests. While the store does not answer they pass. */
  readonly traffic: RateLimiter;
  /** For attempts to log in. While the store does not answer nobody gets one. */
  readonly #attempts: RateLimiter;
  readonly #accounts: Accounts;

  constructor(store: KvStore, accounts: Accounts, options: RateLimiterOptions = {}) {
    this.store = store;
    this.sessions = new SessionManager(store);
    this.traffic = new RateLimiter(store, { ...options, prefix: 'traffic', onFailure: 'open' });
    this.#attempts = new RateLimiter(store, { ...options, prefix: 'attempts', onFailure: 'closed' });
    this.#accounts = accounts;
  }

  /** Every attempt counts for the address it comes from; for the account, those that fail. */
  async admit(name: string, password: string, address: string): Promise<Admission> {
    // What is typed into a field for names may be a password, and is nothing to keep.
    const account = `account:${await hashIdentifier(name)}`;
    const attempt = await this.#attempts.checkAll([
      { identifier: account, limits: perAccount },
      { identifier: `address:${address}`, limits: perAddress },
    ]);
    if (!attempt.allowed) {
      const body = JSON.stringify(quotaExceeded(attempt));
      return { kind: 'too-often', headers: rateLimitHeaders(attempt), body };
    }
    // Asked before the password is checked: a "log out everywhere" meanwhile counts.
    const generation = await this.sessions.generation(name);
    if (!(await this.#accounts.isRight(name, password))) return { kind: 'wrong' };
    await this.#attempts.reset(account);
    return { kind: 'welcome', generation };
  }
}

/** The name and password of a request; undefined if it is no such request. */
export function credentialsOf(
  body: unknown,
): { readonly name: string; readonly password: string } | undefined {
  const { name, password } = Object(body) as Readonly<Record<string, unknown>>;
  const isText = (value: unknown): value is string =>
    typeof value === 'string' && value !== '' && value.length <= 200 && value.isWellFormed();
  return isText(name) && isText(password) ? { name, password } : undefined;
}
