import type { Codec } from '@norikv/cas-retry';
import { bytesToString, stringToBytes } from '@norikv/store';
import type { Numbers } from './algorithm.js';

/** The numbers of one limit. */
type Slot = readonly [name: string, numbers: Numbers];

/** What is kept of one identifier. A list, because few limits share a record, and most are alone. */
export type RateLimitRecord = readonly Slot[];

/** The slot of a block; its numbers are the time at which it ends, and how long it lasts. */
export const blockSlot = '!';

/** The slot of the notes that the latest refunds left, newest first. Notes have no end. */
export const noteSlot = '~';

export const emptyRecord: RateLimitRecord = [];

/**
 * Text, `slot number number;slot number`, whole numbers in base 36: one limit takes at most 64 bytes. Nothing else
 * is stored.
 */
export const recordCodec: Codec<RateLimitRecord> = {
  plain: true,
  encode: (record) => stringToBytes(record.map(textOf).join(';')),
  decode(bytes) {
    const text = bytesToString(bytes);
    return text === '' ? emptyRecord : text.split(';').map(slotOf);
  },
};

function textOf([slot, numbers]: Slot): string {
  let text = slot;
  for (const number of numbers) text += ` ${number.toString(Number.isInteger(number) ? 36 : 10)}`;
  return text;
}

function slotOf(text: string): Slot {
  const [slot = '', ...words] = text.split(' ');
  const numbers = words.map((word) => (/[.-]/.test(word) ? Number(word) : Number.parseInt(word, 36)));
  const isSound = /^([gsf][\da-z:]\S*|[!~])( [\da-z.-]+)+$/.test(text);
  if (!isSound || !numbers.every((number) => number >= 0 && number < Number.MAX_SAFE_INTEGER)) {
    throw new TypeError(`"${text.slice(0, 64)}" is no limit`);
  }
  return [slot, numbers];
}

/** The numbers in a slot; undefined if nothing was counted. */
export function numbersIn(record: RateLimitRecord, slot: string): Numbers | undefined {
  let found: Numbers | undefined;
  for (const [name, numbers] of record) if (name === slot) found = numbers;
  return found;
}

/** The record with one slot changed, and without those that mean nothing any more. */
export function withSlot(
  record: RateLimitRecord,
  slot: string,
  numbers: Numbers,
  now: number,
): RateLimitRecord {
  const live = record.filter(([name, [end = 0]]) => name !== slot && (end > now || name === noteSlot));
  live.push([slot, numbers]);
  return live;
}
