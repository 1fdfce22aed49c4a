import { InvalidArgumentError } from '@norikv/store';
import { checkCount } from '../events/event-reader.js';
import { shown } from '../events/shown.js';

/** @throws InvalidArgumentError for an option that would otherwise be taken for another. */
export function checkConsumerOptions(options: object): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of ['batchSize', 'pollMs', 'maxPollMs', 'sweepMs']) {
    if (given[name] !== undefined) checkCount(name, given[name] as number);
  }
  checkFunctions(given, ['handle']);
  checkOneOf('from', given.from, ['BEGINNING', 'CURRENT', 'END']);
  checkOneOf('onError', given.onError, ['stop', 'skip', 'park']);
  const { category, types } = given;
  if (category !== undefined && typeof category !== 'string') throw wrong('category', category, 'a string');
  const areTypes = types === undefined || (Array.isArray(types) && types.every((t) => typeof t === 'string'));
  if (!areTypes) throw wrong('types', types, 'an array of strings');
}

/** @throws InvalidArgumentError unless each of these options is a function. */
export function checkFunctions(options: object, names: readonly string[]): void {
  const given = new Map(Object.entries(options));
  for (const name of names) {
    if (typeof given.get(name) !== 'function') throw wrong(name, given.get(name), 'a function');
  }
}

function checkOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (value === undefined || allowed.includes(value as string)) return;
  throw wrong(name, value, allowed.map((one) => `'${one}'`).join(', '));
}

function wrong(name: string, value: unknown, fix: string): InvalidArgumentError {
  return new InvalidArgumentError(`${name} is ${shown(value)}; use ${fix}`);
}
