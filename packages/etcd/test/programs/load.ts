import { createUpdater, jsonCodec, write } from '@norikv/cas-retry';
import {
  bytesToString,
  conditionOf,
  type DeleteOptions,
  type Entry,
  errorCode,
  isAlreadyExists,
  isKeyNotFound,
  isVersionMismatch,
  type KvStore,
  type PutOptions,
  type Version,
} from '@norikv/store';
import type { HistoryAction, HistoryEntry, HistoryResult } from '@norikv/testkit';
import { openEtcd } from '../../src/index.js';
import { type LoadLine, type LoadOrder, machineMicros, toLine } from '../support/load.js';

/*
 * A client process under load: random calls on keys shared with other processes, recorded with times; creates
 * of keys of its own; increments of a shared counter. It ends when its standard input does.
 */
const order: LoadOrder = JSON.parse(process.argv[2] ?? '');
const callers = 4;
const keysAtOnce = 6;
const windowMs = 400;
const failurePauseMs = 50;

const { hosts, name, prefix, startMs } = order;
const store = await openEtcd({ hosts, prefix, timeoutMs: 10_000 });
let isOver = false;
let acknowledged = 0;
let unknown = 0;
process.stdin.on('end', () => {
  isOver = true;
});
process.stdin.resume();
report({ kind: 'ready' });
const random = Array.from({ length: callers }, (_, caller) => callAtRandom(`${name}.${caller}`));
await Promise.all([...random, keep(), count()]);
report({ kind: 'counted', acknowledged, unknown });
await store.close();

function report(line: LoadLine): void {
  process.stdout.write(`${toLine(line)}\n`);
}

function nowMs(): number {
  return Math.floor(machineMicros() / 1_000);
}

async function callAtRandom(client: string): Promise<void> {
  const known = new Map<string, Version>();
  for (let turn = 0; !isOver; turn++) {
    const round = Math.floor((nowMs() - startMs) / windowMs);
    const key = `shared ${round} ${Math.floor(Math.random() * keysAtOnce)}`;
    await oneCall(client, key, `${client} ${turn}`, known);
    await pause(Math.random() * 60);
  }
}

async function oneCall(
  client: string,
  key: string,
  value: string,
  known: Map<string, Version>,
): Promise<void> {
  const chance = Math.random();
  const version = known.get(key);
  const condition = version ? { ifMatchVersion: version } : { ifNotExists: true };
  if (chance < 0.3) {
    const entry = await recorded(client, key, { kind: 'get' }, () => store.get(key));
    if (entry) known.set(key, entry.version);
  } else if (chance < 0.4) await remove(client, key, {});
  else if (chance < 0.5) await remove(client, key, { ifMatchVersion: version });
  else if (chance < 0.6) await put(client, key, value, {}, known);
  else if (chance < 0.7) await put(client, key, value, { ifNotExists: true }, known);
  else await put(client, key, value, condition, known);
}

async function put(
  client: string,
  key: string,
  value: string,
  options: PutOptions,
  known: Map<string, Version>,
): Promise<void> {
  const action: HistoryAction = { kind: 'put', value, condition: conditionOf(options) };
  const version = await recorded(client, key, action, () => store.put(key, value, options));
  if (version) known.set(key, version);
}

async function remove(client: string, key: string, options: DeleteOptions): Promise<void> {
  const action: HistoryAction = { kind: 'delete', condition: conditionOf(options) };
  await recorded(client, key, action, () => store.delete(key, options));
}

async function recorded<T extends Entry | Version | boolean>(
  client: string,
  key: string,
  action: HistoryAction,
  call: () => Promise<T>,
): Promise<T | undefined> {
  const invokedAt = machineMicros();
  const finish = (result: HistoryResult): void => {
    report({ kind: 'operation', client, key, action, result, invokedAt, returnedAt: machineMicros() });
  };
  try {
    const answer = await call();
    finish(resultOf(answer));
    return answer;
  } catch (error) {
    const result = resultOfError(action, error);
    if (result) finish(result);
    if (result === undefined || result.kind === 'unknown') await failed(error);
    return undefined;
  }
}

function resultOf(answer: Entry | Version | boolean): HistoryResult {
  if (typeof answer === 'boolean') return { kind: 'deleted', existed: answer };
  if ('value' in answer) return { kind: 'found', entry: entryOf(answer) };
  return { kind: 'written', version: answer };
}

/** Undefined for a call that saw nothing and did nothing. */
function resultOfError(action: HistoryAction, error: unknown): HistoryResult | undefined {
  if (action.kind === 'get') return isKeyNotFound(error) ? { kind: 'missing' } : undefined;
  const { outcome, actual } = error as { outcome?: unknown; actual?: Entry | null };
  if (outcome !== 'not-applied') return { kind: 'unknown' };
  if (!isVersionMismatch(error) && !isAlreadyExists(error)) return undefined;
  return { kind: 'refused', actual: actual ? entryOf(actual) : actual };
}

function entryOf({ value, version }: Entry): HistoryEntry {
  return { value: bytesToString(value), version };
}

/** Creates keys nobody else writes, one after the other. */
async function keep(): Promise<void> {
  for (let number = 0; !isOver; number++) {
    const key = `kept ${name} ${number}`;
    try {
      await store.put(key, key, { ifNotExists: true });
      report({ kind: 'kept', key, atMs: nowMs() });
    } catch (error) {
      await failed(error);
    }
    await pause(10);
  }
}

/** Increments the counter all processes share. */
async function count(): Promise<void> {
  const updater = createUpdater(store as KvStore);
  const numbers = jsonCodec(Number);
  while (!isOver) {
    try {
      await updater.update('counter', numbers, (total = 0) => write(total + 1, undefined));
      acknowledged += 1;
    } catch (error) {
      if ((error as { outcome?: unknown }).outcome === 'unknown') unknown += 1;
      await failed(error);
    }
    await pause(10);
  }
}

async function failed(error: unknown): Promise<void> {
  const { outcome } = error as { outcome?: unknown };
  const code = errorCode(error) ?? String(error);
  report({ kind: 'failed', code, outcome: String(outcome), atMs: nowMs() });
  await pause(failurePauseMs);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
