import { bytesToString, type Entry, errorCode, find, type Key, type KvStore } from '@norikv/store';

/** Fails the test unless the condition holds. */
export function ensure(condition: boolean, message: string): void {
  if (!condition) throw new Error(message);
}

/** Fails the test unless both are the same primitive or have the same fields. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (text(actual) !== text(expected)) {
    throw new Error(`${what}: expected ${text(expected)}, got ${text(actual)}`);
  }
}

/** Fails the test unless the call rejects with one of these codes and says that nothing was applied. */
export async function refuses(
  call: Promise<unknown>,
  codes: string | readonly string[],
  what: string,
): Promise<unknown> {
  const allowed = typeof codes === 'string' ? [codes] : codes;
  const outcome = await settle(call);
  if (outcome.ok)
    throw new Error(`${what}: expected ${allowed.join(' or ')}, but it gave ${text(outcome.value)}`);
  const code = errorCode(outcome.error);
  if (code === undefined || !allowed.includes(code)) {
    const message = `${what}: expected ${allowed.join(' or ')}, got ${code ?? String(outcome.error)}`;
    throw new Error(message, { cause: outcome.error });
  }
  const { outcome: said } = outcome.error as { readonly outcome?: unknown };
  equal(said, 'not-applied', `${what}: outcome of the error`);
  return outcome.error;
}

/** A call that has ended. */
export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Waits for a call, whatever becomes of it. */
export function settle<T>(call: Promise<T>): Promise<Settled<T>> {
  return call.then(
    (value) => ({ ok: true, value }),
    (error: unknown) => ({ ok: false, error }),
  );
}

/** How many calls of a race were won; every other one must have failed with the code. */
export async function countWinners(calls: readonly Promise<unknown>[], losingCode: string): Promise<number> {
  const outcomes = await Promise.all(calls.map((call) => settle(call)));
  for (const outcome of outcomes) {
    if (!outcome.ok && errorCode(outcome.error) !== losingCode) throw outcome.error;
  }
  return outcomes.filter(({ ok }) => ok).length;
}

/** What a key holds as text, or null. */
export async function read(store: KvStore, key: Key): Promise<string | null> {
  const entry = await find(store, key);
  return entry === null ? null : bytesToString(entry.value);
}

/** What a key holds; fails the test if it is absent. */
export async function present(store: KvStore, key: Key): Promise<Entry> {
  const entry = await find(store, key);
  if (entry === null) throw new Error(`the key ${text(key)} is absent and should not be`);
  return entry;
}

function text(value: unknown): string {
  return (
    JSON.stringify(value, (_name, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`;
      if (part instanceof Uint8Array) return `bytes ${Buffer.from(part).toString('hex')}`;
      return part;
    }) ?? 'undefined'
  );
}
