import { type Codec, CorruptRecordError } from '@norikv/cas-retry';
import { bytesToString, stringToBytes } from '@norikv/store';
import { checkOneOf, refuse } from '@norikv/store/checks';
import { CounterRangeError } from './errors.js';

/**
 * How a counter is stored.
 *
 * `record`: decimal text after a header line, which makes lost replies and operation ids exact.
 * `plain`: the decimal text alone, for other programs to read. An add whose reply was lost may then end in
 * `OutcomeUnknownError`, and `opId` is refused.
 *
 * Either reads what the other wrote, but all writers of one counter must use the same: a plain write drops
 * the header.
 */
export type CounterFormat = 'record' | 'plain';

/** A whole number as decimal text. */
export const encode = (value: bigint | number): Uint8Array => stringToBytes(String(value));

// BigInt alone would also take '', ' 1' and '0x1'.
const decimal = /^-?\d+$/;

/** The whole number of a decimal text. Throws on any other text, and does not repeat it: it may be anybody's. */
export const decode = (bytes: Uint8Array): bigint => {
  const text = bytesToString(bytes);
  if (decimal.test(text)) return BigInt(text);
  throw new TypeError('no number');
};

/** The answer that was kept for an operation id. Throws `CorruptRecordError` if the store gave something else. */
export const answerOf = (kept: string): bigint => {
  if (decimal.test(kept)) return BigInt(kept);
  return refuse('The answer kept for opId', kept, 'another opId', CorruptRecordError);
};

/** Always the same objects, so that updates share writes. */
const codecs: Readonly<Record<CounterFormat, Codec<bigint>>> = {
  record: { encode, decode },
  plain: { encode, decode, plain: true },
};

export function codecOf(format: CounterFormat): Codec<bigint> {
  checkOneOf('format', format, Object.keys(codecs));
  return codecs[format];
}

/** A whole number from an argument. Fractions, NaN, infinities and numbers beyond 2^53 - 1 are refused. */
export function wholeNumber(name: string, value: number | bigint): bigint {
  if (typeof value === 'bigint' || Number.isSafeInteger(value)) return BigInt(value);
  return refuse(name, value, 'a safe integer or a bigint');
}

/** A total as a number, which must be exact. */
export function safeNumber(total: bigint): number {
  const number = Number(total);
  return Number.isSafeInteger(number)
    ? number
    : refuse('The total', total, 'add() and value()', CounterRangeError);
}
