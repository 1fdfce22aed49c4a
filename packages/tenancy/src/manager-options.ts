import type { UpdaterOptions } from '@norikv/cas-retry';
import { type Clock, checkDurationMs, systemClock } from '@norikv/store';
import { checkOptions, checkText, checkWhole, refuse } from '@norikv/store/checks';
import { checkedPlans, documentedPlans, type TenantPlans } from './plans.js';
import type { Usage } from './tenant-record.js';

/** Options of `TenantManager`. */
export interface TenantManagerOptions extends Pick<UpdaterOptions, 'deadlineMs' | 'random'> {
  /** Begins every key in the store, with `.` or `/` behind it; without either in it. Default `t`. */
  readonly prefix?: string | undefined;
  /** Default: the plans of the documentation, free, pro and enterprise. */
  readonly plans?: TenantPlans | undefined;
  /**
   * How long a client goes on after its tenant was suspended, deleted or given another plan by another process,
   * in milliseconds. Default 5,000. In the process that changes it, 0.
   */
  readonly maxStatusAgeMs?: number | undefined;
  /** How many processes share `operationsPerSecond`. Default 1: each grants the whole limit. */
  readonly instances?: number | undefined;
  /** Keys and bytes that a process takes from the limits at a time. Default 0: exactly what is needed. */
  readonly chunk?: Partial<Usage> | undefined;
  /**
   * How many tenants are remembered in memory. Default 10,000. With more in use at a time, `operationsPerSecond`
   * starts anew for one that was forgotten.
   */
  readonly maxTenants?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** Checked options, with defaults. */
export interface Settings {
  readonly prefix: string;
  readonly plans: TenantPlans;
  readonly maxStatusAgeMs: number;
  readonly instances: number;
  readonly chunk: Usage;
  readonly maxTenants: number;
  readonly clock: Clock;
  readonly updater: UpdaterOptions;
}

const optionNames: readonly (keyof TenantManagerOptions)[] = [
  'prefix',
  'plans',
  'maxStatusAgeMs',
  'instances',
  'chunk',
  'maxTenants',
  'deadlineMs',
  'clock',
  'random',
];

/** Leaves room for the longest name of a tenant, escaped. */
const longestPrefixBytes = 256;

/** @throws InvalidArgumentError naming the option that is wrong, or misspelt. */
export function settingsOf(options: TenantManagerOptions): Settings {
  checkOptions(options, optionNames);
  checkOptions(options.chunk ?? {}, ['keys', 'bytes'], 'chunk');
  const { prefix = 't', plans: given = documentedPlans, maxStatusAgeMs = 5_000, instances = 1 } = options;
  const { maxTenants = 10_000, clock = systemClock, deadlineMs, random } = options;
  const plans = checkedPlans(given);
  const chunk = { keys: options.chunk?.keys ?? 0, bytes: options.chunk?.bytes ?? 0 };
  checkText('prefix', prefix, longestPrefixBytes);
  if (/[./]/.test(prefix)) refuse('prefix', prefix, 'text with neither "." nor "/" in it');
  checkDurationMs('maxStatusAgeMs', maxStatusAgeMs);
  checkWhole('instances', instances, 1);
  checkWhole('maxTenants', maxTenants, 1);
  checkWhole('chunk.keys', chunk.keys, 0);
  checkWhole('chunk.bytes', chunk.bytes, 0);
  const updater = { clock, deadlineMs, random };
  return { prefix, plans, maxStatusAgeMs, instances, chunk, maxTenants, clock, updater };
}
