import { createHash } from 'node:crypto';

/** What a writing process reports, a line of JSON each: before it sends a write, and when it is acknowledged. */
export type Report =
  | { readonly kind: 'sent'; readonly write: Write }
  | { readonly kind: 'acknowledged'; readonly write: Write; readonly version: string };

/** One write of a process that is going to be killed. Each key has one writer, which waits for each answer. */
export interface Write {
  readonly key: string;
  /** Grows by one with each write of the key. */
  readonly number: number;
  readonly idempotencyKey?: string | undefined;
}

/** A value that tells whose it is, with a checksum, of a length that varies between 0 and 20,000 bytes. */
export function valueOfWrite({ key, number }: Write): string {
  const filling = 'x'.repeat((number * 7_919) % 20_000);
  const text = `${key} ${number} ${filling}`;
  return `${createHash('sha256').update(text).digest('hex')} ${text}`;
}

/** The number of the write a value comes from; throws if the value is not whole. */
export function numberOf(key: string, value: string): number {
  const text = value.slice(65);
  const [owner, number] = text.split(' ');
  const whole = owner === key && value === valueOfWrite({ key, number: Number(number) });
  if (!whole) throw new Error(`The value of ${key} is not whole: ${value.slice(0, 120)}`);
  return Number(number);
}
