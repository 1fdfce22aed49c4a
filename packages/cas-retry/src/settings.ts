import { type Clock, systemClock } from '@norikv/store';
import { checkClock, checkNames, checkObject, checkWhole, refuse } from '@norikv/store/checks';
import type { UpdateListener } from './events.js';

/** Options of `createUpdater`. Every limit has a default that suits a service. */
export interface UpdaterOptions {
  /** Total time of one update or read in milliseconds, waiting included. Default 10,000. */
  readonly deadlineMs?: number | undefined;
  /** Time of one store call in milliseconds. Default 5,000. */
  readonly attemptTimeoutMs?: number | undefined;
  /**
   * Whether the last known state of a key may be written on without reading it again. True (default): while
   * that guess is right more often than wrong. False: every write is preceded by a read.
   */
  readonly memo?: boolean | undefined;
  /** Updates combined into one write at most. Default 1,024. */
  readonly maxBatch?: number | undefined;
  /** No further update joins a batch after its transitions ran this long, in milliseconds. Default 20. */
  readonly maxFoldMs?: number | undefined;
  /** How many operation ids a record remembers; a repetition later than that is applied again. Default 256. */
  readonly operationWindow?: number | undefined;
  /** How long a removed record stays behind as a tombstone, in milliseconds. Default 60,000. */
  readonly tombstoneTtlMs?: number | undefined;
  /** Longest wait after a lost race, in multiples of the measured round trip. Default 8. */
  readonly backoffCapRoundTrips?: number | undefined;
  /** Lets other processes win in turn while they compete, at some cost in throughput. Default true. */
  readonly fair?: boolean | undefined;
  /** Called for everything worth counting. What it throws is ignored. */
  readonly onEvent?: UpdateListener | undefined;
  readonly clock?: Clock | undefined;
  /** Uniform in [0, 1). Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

/** Checked options, with defaults. */
export type Settings = { readonly [Name in keyof UpdaterOptions]-?: NonNullable<UpdaterOptions[Name]> };

const defaults: Settings = {
  deadlineMs: 10_000,
  attemptTimeoutMs: 5_000,
  maxBatch: 1_024,
  maxFoldMs: 20,
  operationWindow: 256,
  tombstoneTtlMs: 60_000,
  backoffCapRoundTrips: 8,
  memo: true,
  fair: true,
  onEvent: () => {},
  clock: systemClock,
  random: () => Math.random(),
};

/** @throws InvalidArgumentError for a misspelt option too: it would do nothing, in silence. */
export function settingsOf(options: UpdaterOptions): Settings {
  checkObject('options', options);
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  if (given.length === 0) return defaults;
  const settings = { ...defaults, ...Object.fromEntries(given) };
  checkNames('an option of the updater', settings, Object.keys(defaults));
  for (const [name, value] of given) {
    const kind = typeof defaults[name as keyof Settings];
    if (kind === 'number') checkWhole(name, value, 1, 2 ** 31 - 1);
    else if (typeof value !== kind || value === null) refuse(name, value, kind);
  }
  checkClock(settings.clock);
  return settings;
}

/** Whether updates under these settings may share a write. */
export function sameSettings(left: Settings, right: Settings): boolean {
  if (left === right) return true;
  const names = Object.keys(left) as (keyof Settings)[];
  return names.every((name) => left[name] === right[name]);
}
