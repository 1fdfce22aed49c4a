import { type Clock, systemClock } from '@norikv/store';
import {
  checkFunction,
  checkNames,
  checkOneOf,
  checkOptions,
  checkWhole,
  refuse,
} from '@norikv/store/checks';
import { tell } from '@norikv/store/listeners';
import type { StandardSchema } from '@norikv/store/standard-schema';
import type { SessionListener } from './events.js';
import type { CreateOptions, Profile } from './session.js';

/** What both the manager and the adapters take. */
export interface SessionStoreOptions {
  /** Begins every key. Managers and adapters with one prefix share their users' sessions. Default `session`. */
  readonly prefix?: string | undefined;
  /**
   * A session is over then at the latest, however busy it is: milliseconds since it began. Default: 12 hours,
   * or the idle time if that is longer.
   */
  readonly absoluteMs?: number | undefined;
  /** How many sessions a user may have. Default 100. */
  readonly maxSessions?: number | undefined;
  /** What a sign-in does when there are so many: end the oldest (default), or throw `SessionLimitError`. */
  readonly whenFull?: 'evict-oldest' | 'refuse' | undefined;
  /** Bytes of JSON that the data of a session may take. Default 65,536. */
  readonly maxDataBytes?: number | undefined;
  /** Total time of one step of a call, in milliseconds. Default 5,000. */
  readonly deadlineMs?: number | undefined;
  /** Called for what begins, what ends and what failed without anybody noticing. What it throws is ignored. */
  readonly onEvent?: SessionListener | undefined;
  /** Accepts a store that does not declare the guarantees. Sessions that were ended may then come back. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1), for waits between retries; ids never depend on it. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Options of `SessionManager`. */
export interface SessionManagerOptions<Data extends object = Profile> extends SessionStoreOptions {
  /**
   * Checks the data whenever a session is created, changed or read, and may change it. It must accept its own
   * output, also that of older releases: give new fields a default, or everybody who is signed in gets an error. Where
   * sessions of a web framework are changed, what it leaves out is lost to the framework. From any Standard Schema
   * library; synchronous.
   */
  readonly schema?: StandardSchema<Data> | undefined;
}

/** Checked options, with defaults. */
export interface Settings
  extends Required<{
    readonly [Name in keyof SessionStoreOptions]: NonNullable<SessionStoreOptions[Name]>;
  }> {
  readonly ttlMs: number;
  /** Wall-clock time in whole milliseconds, as records hold it. */
  now(): number;
}

const twelveHoursMs = 43_200_000;

/**
 * @param ownNames - which options the caller takes beside these.
 * @throws InvalidArgumentError naming the option that is wrong.
 */
export function settingsOf(
  ttlMs: number,
  options: SessionStoreOptions,
  ownNames: readonly string[],
): Settings {
  const defaults: Omit<Settings, 'now' | 'ttlMs'> = {
    prefix: 'session',
    absoluteMs: Math.max(ttlMs, twelveHoursMs),
    maxSessions: 100,
    whenFull: 'evict-oldest',
    maxDataBytes: 65_536,
    deadlineMs: 5_000,
    onEvent: () => {},
    unsafeAllowNonAtomicCas: false,
    clock: systemClock,
    random: Math.random,
  };
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  checkNames('an option', given, [...ownNames, ...Object.keys(defaults)]);
  const settings = { ttlMs, ...defaults, ...given };
  checkLifetimes(settings);
  checkWhole('maxSessions', settings.maxSessions, 1, 1_000);
  checkWhole('maxDataBytes', settings.maxDataBytes, 1, 1_000_000);
  checkWhole('deadlineMs', settings.deadlineMs, 1, 2 ** 31 - 1);
  const { prefix, whenFull } = settings;
  if (typeof prefix !== 'string' || !/^[\w.:/-]{1,64}$/.test(prefix)) {
    refuse('prefix', prefix, '1 to 64 letters, digits, ".", "_", ":", "/" or "-"');
  }
  checkOneOf('whenFull', whenFull, ['evict-oldest', 'refuse']);
  for (const name of ['random', 'onEvent'] as const) checkFunction(name, settings[name]);
  const now = (): number => Math.max(0, Math.floor(settings.clock.now()));
  return { ...settings, now, onEvent: (event) => tell(settings.onEvent, event) };
}

/** Ten years. */
export const longestMs: number = 10 * 366 * 86_400_000;

/** @throws InvalidArgumentError unless both are durations and the idle time is not the longer one. */
function checkLifetimes({ ttlMs, absoluteMs }: Pick<Settings, 'ttlMs' | 'absoluteMs'>): void {
  checkWhole('ttlMs', ttlMs, 1, longestMs);
  checkWhole('absoluteMs', absoluteMs, 1, longestMs);
  if (ttlMs > absoluteMs) {
    refuse('absoluteMs', absoluteMs, `at least ttlMs, which is ${ttlMs}: no session can be idle for longer`);
  }
}

const signInOptions: readonly string[] = ['ttlMs', 'absoluteMs', 'generation'];

/** The times of one sign-in. @throws InvalidArgumentError naming the option that is wrong. */
export function lifetimesOf(
  settings: Settings,
  options: CreateOptions,
): Pick<Settings, 'ttlMs' | 'absoluteMs'> {
  checkOptions(options, signInOptions);
  const { ttlMs = settings.ttlMs, generation = 0 } = options;
  const { absoluteMs = Math.max(ttlMs, settings.absoluteMs) } = options;
  checkLifetimes({ ttlMs, absoluteMs });
  checkWhole('generation', generation, 0);
  return { ttlMs, absoluteMs };
}

/** @throws InvalidArgumentError unless the value is a text that can name a user. */
export function checkUserId(userId: unknown): string {
  const isText = typeof userId === 'string' && userId !== '' && userId.isWellFormed();
  if (isText && userId.length <= 256) return userId;
  return refuse('userId', userId, 'well-formed text of 1 to 256 characters');
}
