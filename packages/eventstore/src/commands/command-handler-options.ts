import type { CasRetryOptions } from '@norikv/cas-retry';
import { checkOptions, checkWhole } from '@norikv/store/checks';
import type { SnapshotSource } from '../events/reducer.js';

/** Options of `createCommandHandler`: how often and how long conflicts are retried. */
export interface CommandHandlerOptions extends Omit<CasRetryOptions, 'signal'> {
  /** Where loading begins, such as a `SnapshotStore`; not with `protection`. Default: inline snapshots alone. */
  readonly snapshots?: SnapshotSource | undefined;
  /**
   * Streams whose state is remembered, which spares a read. Default 1,024; none for a store with `protection`.
   * Only state of plain data is: objects without getters, arrays, maps, sets, dates and primitives. `decide` and `evolve`
   * are then given a copy: compare what is in it, not whether it is one and the same object.
   */
  readonly rememberedStreams?: number | undefined;
}

const optionNames: readonly (keyof CommandHandlerOptions)[] = [
  'snapshots',
  'rememberedStreams',
  'maxRetries',
  'deadlineMs',
  'backoff',
  'clock',
  'random',
];

/** @throws InvalidArgumentError for what is no option. */
export function checkCommandHandlerOptions(options: CommandHandlerOptions): CommandHandlerOptions {
  const { rememberedStreams = 0 } = checkOptions(options, optionNames);
  checkWhole('rememberedStreams', rememberedStreams, 0);
  return options;
}
