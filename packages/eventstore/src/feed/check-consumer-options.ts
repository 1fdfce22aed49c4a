import { checkSignal } from '@norikv/store/call-options';
import { checkOneOf, checkOptions, checkString, checkWhole, refuse } from '@norikv/store/checks';
import type { CatchUpOptions } from './consumer-options.js';

const sharedNames: readonly string[] = [
  'category',
  'types',
  'onError',
  'batchSize',
  'checkpointMs',
  'pollMs',
  'maxPollMs',
  'sweepMs',
  'clock',
  'random',
];

/**
 * @param own - names of options beside those that a consumer and a projection share.
 * @throws InvalidArgumentError for an option that is unknown or malformed.
 */
export function checkConsumerOptions(options: object, own: readonly string[]): void {
  checkOptions(options, [...own, ...sharedNames]);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ['batchSize', 'pollMs', 'maxPollMs', 'sweepMs']) {
    if (given[name] !== undefined) checkWhole(name, given[name]);
  }
  const { from, onError, category, types, checkpointMs = 0 } = given;
  checkWhole('checkpointMs', checkpointMs, 0);
  if (from !== undefined) checkOneOf('from', from, ['BEGINNING', 'CURRENT', 'CURRENT_OR_END', 'END']);
  if (onError !== undefined && typeof onError !== 'function') checkPolicy('onError', onError);
  if (category !== undefined) checkString('category', category);
  const areTypes = types === undefined || (Array.isArray(types) && types.every((t) => typeof t === 'string'));
  if (!areTypes) refuse('types', types, 'an array of strings');
}

/** The partitions to take over. @throws InvalidArgumentError for those that a feed does not have, and for none. */
export function checkPartitions(given: readonly number[] | undefined, count: number): readonly number[] {
  const all = Array.from({ length: count }, (_, partition) => partition);
  if (given === undefined) return all;
  const areOwn = Array.isArray(given) && given.every((partition) => all.includes(partition));
  if (!areOwn || given.length === 0)
    refuse('partitions', given, `an array of numbers from 0 to ${count - 1}`);
  return all.filter((partition) => given.includes(partition));
}

/** @throws InvalidArgumentError for anything but a policy. */
export function checkPolicy(name: string, policy: unknown): void {
  checkOneOf(name, policy, ['stop', 'skip', 'park']);
}

/** @throws InvalidArgumentError for an option that is unknown, or no time or signal. */
export function checkCatchUpOptions(
  options: CatchUpOptions,
): CatchUpOptions & { readonly timeoutMs: number } {
  checkOptions(options, ['timeoutMs', 'signal']);
  const { timeoutMs = 30_000, signal } = options;
  checkSignal(signal);
  return { timeoutMs: checkWhole('timeoutMs', timeoutMs, 0), signal };
}
