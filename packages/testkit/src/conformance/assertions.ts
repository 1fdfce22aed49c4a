import { bytesToString, type Entry, errorCode, find, type Key, type KvStore } from '@norikv/store';

/** What a test found. */
export class Failure extends Error {}

/** Fails the test unless the condition holds. */
export function ensure(condition: boolean, message: string): void {
  if (!condition) throw new Failure(message);
}

/** Fails the test unless both are the same primitive, or alike in the fields that the contract names. */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (text(actual) !== text(expected)) {
    throw new Failure(`${what}: expected ${text(expected)}, got ${text(actual)}`);
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
    throw new Failure(`${what}: expected ${allowed.join(' or ')}, but it gave ${text(outcome.value)}`);
  expectCode(outcome.error, allowed, what);
  const { outcome: said } = outcome.error as { readonly outcome?: unknown };
  if (said !== 'not-applied') {
    const message = `${what}: the error has the outcome ${text(said)}, not "not-applied"; use the classes of @norikv/store`;
    throw new Failure(message, { cause: outcome.error });
  }
  return outcome.error;
}

function expectCode(error: unknown, allowed: readonly string[], what: string): void {
  const code = errorCode(error);
  if (code !== undefined && allowed.includes(code)) return;
  const message = `${what}: expected ${allowed.join(' or ')}, got ${code ?? String(error)}`;
  throw new Failure(message, { cause: error });
}

/** A call that has ended. */
export type Settled<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Waits for a call, whatever becomes of it. An engine under test may answer with anything, not only a promise. */
export async function settle<T>(call: Promise<T>): Promise<Settled<T>> {
  try {
    return { ok: true, value: await call };
  } catch (error) {
    return { ok: false, error };
  }
}

/** How many calls of a race were won; every other one must have failed with the code. */
export async function countWinners(calls: readonly Promise<unknown>[], losingCode: string): Promise<number> {
  const outcomes = await Promise.all(calls.map((call) => settle(call)));
  for (const outcome of outcomes) {
    if (!outcome.ok) expectCode(outcome.error, [losingCode], 'a call that lost the race');
  }
  return outcomes.filter(({ ok }) => ok).length;
}

/** What a key holds as text, or null. */
export async function read(store: KvStore, key: Key): Promise<string | null> {
  const entry = await lookUp(store, key);
  return entry === null ? null : bytesToString(entry.value);
}

/** What a key holds; fails the test if it is absent. */
export async function present(store: KvStore, key: Key): Promise<Entry> {
  const entry = await lookUp(store, key);
  if (entry === null) throw new Failure(`the key ${text(key)} is absent and should not be`);
  return entry;
}

async function lookUp(store: KvStore, key: Key): Promise<Entry | null> {
  const outcome = await settle(find(store, key));
  if (outcome.ok) return outcome.value;
  if (!(outcome.error instanceof TypeError)) throw outcome.error;
  const message = 'what get answered is no entry; where there is none, get throws KeyNotFoundError';
  throw new Failure(message, { cause: outcome.error });
}

/** The fields of a version, an entry and a match. They may be in any order, of any class, and beside others. */
const fieldsOfContract = [
  ['term', 'index'],
  ['value', 'version'],
  ['id', 'distance', 'vector'],
] as const;

function text(value: unknown): string {
  return (
    JSON.stringify(value, (_name, part: unknown) => {
      if (typeof part === 'bigint') return `${part}n`;
      if (part instanceof Uint8Array) return `bytes ${Buffer.from(part).toString('hex')}`;
      return ofContract(part);
    }) ?? 'undefined'
  );
}

function ofContract(part: unknown): unknown {
  const given = Object(part) as Readonly<Record<string, unknown>>;
  const fields = fieldsOfContract.find(([first, second]) => first in given && second in given);
  return fields ? Object.fromEntries(fields.map((name) => [name, given[name]])) : part;
}
