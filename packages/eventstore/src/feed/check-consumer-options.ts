import { checkFunction, checkOneOf, checkString, checkWhole, refuse } from '@norikv/store/checks';

/** @throws InvalidArgumentError for an option that would otherwise be taken for another. */
export function checkConsumerOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ['batchSize', 'pollMs', 'maxPollMs', 'sweepMs']) {
    if (given[name] !== undefined) checkWhole(name, given[name]);
  }
  const { handle, from, onError, category, types } = given;
  checkFunction('handle', handle);
  if (from !== undefined) checkOneOf('from', from, ['BEGINNING', 'CURRENT', 'END']);
  if (onError !== undefined) checkOneOf('onError', onError, ['stop', 'skip', 'park']);
  if (category !== undefined) checkString('category', category);
  const areTypes = types === undefined || (Array.isArray(types) && types.every((t) => typeof t === 'string'));
  if (!areTypes) refuse('types', types, 'an array of strings');
}
