import { InvalidArgumentError } from '@norikv/store';

/** Throws what is wrong with a value and what to use instead. */
export function refuse(name: string, value: unknown, use: string): never {
  const shown = typeof value === 'string' ? JSON.stringify(value) : String(value);
  throw new InvalidArgumentError(`${name} is ${shown}; use ${use}`);
}

/** @throws InvalidArgumentError unless the value is a whole number in the range. */
export function checkWhole(
  name: string,
  value: number,
  least: number,
  most: number = Number.POSITIVE_INFINITY,
): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const range = most === Number.POSITIVE_INFINITY ? `, at least ${least}` : ` from ${least} to ${most}`;
  return refuse(name, value, `a whole number${range}`);
}

/** @throws InvalidArgumentError unless the value is a number in the range. */
export function checkNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isFinite(value) && value >= least && value <= most) return value;
  return refuse(name, value, `a number from ${least} to ${most}`);
}
