import { InvalidArgumentError } from '@norikv/store';
import { isObject } from './checks.js';

/**
 * An object as it is read again from JSON: a copy that nobody else changes. Of nothing it is one without properties.
 *
 * @throws InvalidArgumentError if it has no JSON, or its JSON is no object.
 */
export function jsonCopy<Plain extends object>(name: string, value: Plain | undefined): Plain {
  let copy: unknown;
  try {
    copy = JSON.parse(JSON.stringify(value ?? {}));
  } catch (cause) {
    throw new InvalidArgumentError(`${name} has no JSON (${String(cause)}); give an object of plain data`, {
      cause,
    });
  }
  if (isObject(copy) && !Array.isArray(copy)) return copy as Plain;
  throw new InvalidArgumentError(`${name} is ${JSON.stringify(copy)} as JSON; give an object`);
}
