import { type Clock, systemClock } from '@norikv/store';
import { checkFunction, checkOneOf, checkOptions, checkWhole } from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import { mostRequests } from './limit.js';
import type { RateLimitSource } from './result.js';

/**
 * What happens while the store does not answer.
 *
 * `open`: requests pass uncounted. For shaping traffic.
 * `closed`: `RateLimitUnavailableError`. For logins, one-time codes and payments. Losing every race for a
 * record until the time is over counts as denied.
 * `local`: this process counts by itself, each limit divided by `instances`.
 */
export type FailurePolicy = 'open' | 'closed' | 'local';

/** Something worth counting. Holds no identifier, but errors may, in their `key`. */
export type RateLimitEvent =
  | { readonly kind: 'decision'; readonly allowed: boolean; readonly source: RateLimitSource }
  /**
   * The store did not decide; the policy did. An error of code `CORRUPT_RECORD` lasts until a `reset` of the identifier,
   * which its `key` names.
   */
  | { readonly kind: 'fallback'; readonly policy: FailurePolicy; readonly error: unknown };

/** Options of {@link RateLimiter}. */
export interface RateLimiterOptions {
  /** Begins every key. Limiters with different prefixes know nothing of each other. Default `ratelimit`. */
  readonly prefix?: string | undefined;
  /** Default `open`. */
  readonly onFailure?: FailurePolicy | undefined;
  /** How many processes share a limit, for `local`. Default 1: each grants the whole limit. */
  readonly instances?: number | undefined;
  /** How long a check may wait for the store, in milliseconds. Default 250. */
  readonly timeoutMs?: number | undefined;
  /**
   * How long a denial is answered from memory at most, in milliseconds; a reset by another process is seen
   * after that at the latest. Default 300,000.
   */
  readonly denyCacheMs?: number | undefined;
  /** How many identifiers this process remembers, for denials, chunks and `local` each. Default 10,000. */
  readonly maxIdentifiers?: number | undefined;
  /**
   * Permits a process takes from the store at a time, for keys so hot that merged calls are not enough.
   * Default 1. Above that, up to this many per process can be lost unused, or be used `chunkHoldMs` late.
   */
  readonly chunk?: number | undefined;
  /** How long a process may keep permits it took, from the store's answer on, in milliseconds. Default 1,000. */
  readonly chunkHoldMs?: number | undefined;
  /** Called for every decision and fallback. What it throws is ignored. */
  readonly onEvent?: ((event: RateLimitEvent) => void) | undefined;
  /** Accepts a store that does not declare the guarantees. More requests than the limit may then pass. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Checked options, with defaults. */
export type Settings = Required<{
  [Name in keyof RateLimiterOptions]: NonNullable<RateLimiterOptions[Name]>;
}>;

const defaults: Settings = {
  prefix: 'ratelimit',
  onFailure: 'open',
  instances: 1,
  timeoutMs: 250,
  denyCacheMs: 300_000,
  maxIdentifiers: 10_000,
  chunk: 1,
  chunkHoldMs: 1_000,
  onEvent: () => {},
  unsafeAllowNonAtomicCas: false,
  clock: systemClock,
  random: Math.random,
};

/** @throws InvalidArgumentError naming the option that is wrong. */
export function settingsOf(options: RateLimiterOptions): Settings {
  checkOptions(options, Object.keys(defaults));
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  const settings: Settings = { ...defaults, ...Object.fromEntries(given) };
  const { onFailure } = settings;
  checkOneOf('onFailure', onFailure, ['open', 'closed', 'local']);
  for (const name of ['instances', 'maxIdentifiers', 'chunk'] as const) {
    checkWhole(name, settings[name], 1, mostRequests);
  }
  for (const name of ['timeoutMs', 'denyCacheMs', 'chunkHoldMs'] as const) {
    checkWhole(name, settings[name], 1, 2 ** 31 - 1);
  }
  for (const name of ['random', 'onEvent'] as const) checkFunction(name, settings[name]);
  return { ...settings, onEvent: (event) => tell(settings.onEvent, event) };
}
