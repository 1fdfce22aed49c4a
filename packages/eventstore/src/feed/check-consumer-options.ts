import { checkNames, checkObject, checkOneOf, checkString, checkWhole, refuse } from '@norikv/store/checks';

const sharedNames = ['category', 'types', 'onError', 'batchSize', 'pollMs', 'maxPollMs', 'sweepMs', 'clock'];

/**
 * @param own - names of options beside those that a consumer and a projection share.
 * @throws InvalidArgumentError for an option that would otherwise be taken for another, or for none.
 */
export function checkConsumerOptions(options: object, own: readonly string[]): void {
  checkObject('options', options);
  checkNames('an option', options, [...own, ...sharedNames]);
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ['batchSize', 'pollMs', 'maxPollMs', 'sweepMs']) {
    if (given[name] !== undefined) checkWhole(name, given[name]);
  }
  const { from, onError, category, types } = given;
  if (from !== undefined) checkOneOf('from', from, ['BEGINNING', 'CURRENT', 'END']);
  if (onError !== undefined) checkOneOf('onError', onError, ['stop', 'skip', 'park']);
  if (category !== undefined) checkString('category', category);
  const areTypes = types === undefined || (Array.isArray(types) && types.every((t) => typeof t === 'string'));
  if (!areTypes) refuse('types', types, 'an array of strings');
}
