import { checkSignal } from '@norikv/store/call-options';
import { checkOneOf, checkOptions, checkString, checkWhole, refuse } from '@norikv/store/checks';
import type { CatchUpOptions } from './consumer-options.js';

const sharedNames = ['category', 'types', 'onError', 'batchSize', 'pollMs', 'maxPollMs', 'sweepMs', 'clock'];

/**
 * @param own - names of options beside those that a consumer and a projection share.
 * @throws InvalidArgumentError for an option that would otherwise be taken for another, or for none.
 */
export function checkConsumerOptions(options: object, own: readonly string[]): void {
  checkOptions(options, [...own, ...sharedNames]);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ['batchSize', 'pollMs', 'maxPollMs', 'sweepMs']) {
    if (given[name] !== undefined) checkWhole(name, given[name]);
  }
  const { from, onError, category, types } = given;
  if (from !== undefined) checkOneOf('from', from, ['BEGINNING', 'CURRENT', 'END']);
  if (onError !== undefined && typeof onError !== 'function') checkPolicy('onError', onError);
  if (category !== undefined) checkString('category', category);
  const areTypes = types === undefined || (Array.isArray(types) && types.every((t) => typeof t === 'string'));
  if (!areTypes) refuse('types', types, 'an array of strings');
}

/** @throws InvalidArgumentError for what is no policy. */
export function checkPolicy(name: string, policy: unknown): void {
  checkOneOf(name, policy, ['stop', 'skip', 'park']);
}

/** @throws InvalidArgumentError for what is no time, no signal or no option. */
export function checkCatchUpOptions(
  options: CatchUpOptions,
): CatchUpOptions & { readonly timeoutMs: number } {
  checkOptions(options, ['timeoutMs', 'signal']);
  const { timeoutMs = 30_000, signal } = options;
  checkSignal(signal);
  return { timeoutMs: checkWhole('timeoutMs', timeoutMs, 0), signal };
}
