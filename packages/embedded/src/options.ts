import { type Clock, checkDurationMs } from '@norikv/store';
import { backgroundClock } from '@norikv/store/background-clock';
import { checkFunction, checkOneOf, checkOptions, checkWhole, refuse } from '@norikv/store/checks';

/**
 * When a write is acknowledged. `disk`: it is flushed to the disk, and survives a power cut.
 * `os`: it is handed to the operating system, and survives the death of the process, but a power cut may
 * undo it and may leave a file that cannot be opened any more.
 */
export type Durability = 'disk' | 'os';

/** Options of `openEmbedded`. */
export interface EmbeddedOptions {
  /**
   * The folder of the store, created if it is missing. Several processes of one machine may open it.
   * Without it the store is ephemeral: a temporary folder that is gone after close. `undefined` is refused.
   */
  readonly path?: string;
  /**
   * Default `disk`. All who have the store open at one time must agree on it. With `os` the store does not declare
   * `durableAck`. An ephemeral store never outlives its process, so there is nothing a crash could take back: it
   * declares every guarantee, and flushes only if `disk` is asked for.
   */
  readonly durability?: Durability | undefined;
  /** Refuses every other opener until this store is closed or its process is dead. Default false. */
  readonly exclusive?: boolean | undefined;
  /** How long an idempotency key is remembered, in milliseconds. Default 24 hours. */
  readonly idempotencyRetentionMs?: number | undefined;
  /** Pause between two passes that remove expired records, in milliseconds. Reads never see them. Default 1,000. */
  readonly sweepIntervalMs?: number | undefined;
  /** Bytes of writes that may wait at one time; more are refused with `ResourceExhaustedError`. Default 256 MiB. */
  readonly maxPendingBytes?: number | undefined;
  /**
   * From how many vectors on a namespace of type `hnsw` is searched by a graph, if `usearch` is installed. With
   * fewer, without it, and without a path every search is an exact scan. Default 50,000.
   */
  readonly hnswFrom?: number | undefined;
  /** How many candidates a search by graph keeps: more find more of the nearest, and take longer. Default 64. */
  readonly hnswEf?: number | undefined;
  /**
   * Default: the machine's clock. Records expire by its `monotonic()`, which is set to `now()` when the store is
   * opened by the first who has it open. Steps of the wall clock do not matter while it is open.
   */
  readonly clock?: Clock | undefined;
}

/** Options with every default filled in. */
export interface Settings {
  readonly path: string | undefined;
  readonly durability: Durability;
  /** Whether the store declares that acknowledged writes survive. */
  readonly durableAck: boolean;
  readonly exclusive: boolean;
  readonly idempotencyRetentionMs: number;
  readonly sweepIntervalMs: number;
  readonly maxPendingBytes: number;
  readonly hnswFrom: number;
  readonly hnswEf: number;
  readonly clock: Clock;
}

const optionNames: readonly (keyof EmbeddedOptions)[] = [
  'path',
  'durability',
  'exclusive',
  'idempotencyRetentionMs',
  'sweepIntervalMs',
  'maxPendingBytes',
  'hnswFrom',
  'hnswEf',
  'clock',
];

/** Checks options by name and fills in the defaults. */
export function settingsOf(options: EmbeddedOptions): Settings {
  checkOptions(options, optionNames);
  const { path, exclusive = false, idempotencyRetentionMs, sweepIntervalMs } = options;
  const { maxPendingBytes = 256 * 1_024 * 1_024, hnswFrom = 50_000, hnswEf = 64 } = options;
  // Undefined is what an environment variable is that nobody set: taken for no path, the data would be gone at the end.
  if ('path' in options && (typeof path !== 'string' || path === '' || path.includes('\0'))) {
    refuse('path', path, 'the name of a folder, or leave it out for an ephemeral store');
  }
  const durability = options.durability ?? (path === undefined ? 'os' : 'disk');
  checkOneOf('durability', durability, ['disk', 'os']);
  checkOneOf('exclusive', exclusive, [true, false]);
  checkDurationMs('idempotencyRetentionMs', idempotencyRetentionMs);
  checkDurationMs('sweepIntervalMs', sweepIntervalMs);
  if (typeof maxPendingBytes !== 'number' || !(maxPendingBytes > 0)) {
    refuse('maxPendingBytes', maxPendingBytes, 'a number above 0');
  }
  const clock = options.clock ?? (countsAlike() ? machineClock : backgroundClock);
  for (const part of ['now', 'monotonic', 'startTimer'] as const) checkFunction(`clock.${part}`, clock[part]);
  return {
    path,
    durability,
    durableAck: options.durability !== 'os',
    exclusive,
    idempotencyRetentionMs: idempotencyRetentionMs ?? 24 * 60 * 60 * 1_000,
    sweepIntervalMs: sweepIntervalMs ?? 1_000,
    maxPendingBytes,
    hnswFrom: checkWhole('hnswFrom', hnswFrom),
    hnswEf: checkWhole('hnswEf', hnswEf),
    clock,
  };
}

/** Whether the machine's clock counts alike in all processes: in Bun and Deno it starts with each of them. */
function countsAlike(): boolean {
  return machineClock.monotonic() > (process.uptime() + 1) * 1e3;
}

/** Counts from the start of the machine, and a store that is never closed does not keep its process alive. */
export const machineClock: Clock = {
  ...backgroundClock,
  monotonic() {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1e3 + nanoseconds / 1e6;
  },
};
