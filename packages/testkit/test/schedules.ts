import { bytesToString, find, isAlreadyExists, isVersionMismatch, type KvStore } from '@norikv/store';
import type { RaceProcess, ScheduleWorld } from '../src/index.js';

type OnStore = Pick<RaceProcess, 'store'>;

export async function numberIn(store: KvStore, key = 'n'): Promise<number> {
  const entry = await find(store, key);
  return Number(entry ? bytesToString(entry.value) : 0);
}

/** Reads, adds one and writes, whatever happened in between. */
export async function addBlindly({ store }: OnStore): Promise<void> {
  await store.put('n', String((await numberIn(store)) + 1));
}

/** The same under a condition, again until it holds. */
export async function addUnderCondition({ store }: OnStore): Promise<void> {
  const entry = await find(store, 'n');
  const next = String(Number(entry ? bytesToString(entry.value) : 0) + 1);
  try {
    await store.put('n', next, { ifMatchVersion: entry?.version, ifNotExists: entry === null });
  } catch (error) {
    if (!isVersionMismatch(error) && !isAlreadyExists(error)) throw error;
    await addUnderCondition({ store });
  }
}

/** What many write by hand: whatever goes wrong, do it again. */
export function addAgainAndAgain(process: OnStore): Promise<void> {
  return addUnderCondition(process).catch(() => addAgainAndAgain(process));
}

/** Two processes add one each. Throws if the sum is not what they were told, or more than they tried. */
export function adding(add: (process: RaceProcess) => Promise<void>) {
  return async (world: ScheduleWorld): Promise<void> => {
    const ends = await world.race(add, add);
    const told = ends.filter(({ status }) => status === 'fulfilled').length;
    const sum = await numberIn(world.store);
    if (sum < told || sum > 2) throw new Error(`${told} of 2 were told, and the sum is ${sum}`);
  };
}

/** A read or a write of a key. */
export interface Move {
  readonly kind: 'read' | 'write';
  readonly key: string;
}

/** A process that makes its moves, and returns what it read. Each write has a value of its own. */
export function mover(moves: readonly Move[]) {
  return async ({ name, store }: RaceProcess): Promise<string> => {
    const seen: string[] = [];
    for (const [position, { kind, key }] of moves.entries()) {
      if (kind === 'write') await store.put(key, `${name}.${position}`);
      else {
        const entry = await find(store, key);
        seen.push(entry ? bytesToString(entry.value) : '-');
      }
    }
    return seen.join(' ');
  };
}

/** What can come of it, by trying every order there is. */
export function outcomesOf(processes: readonly (readonly Move[])[]): ReadonlySet<string> {
  const outcomes = new Set<string>();
  const go = (
    done: readonly number[],
    values: ReadonlyMap<string, string>,
    seen: readonly string[],
  ): void => {
    let isOver = true;
    for (const [process, moves] of processes.entries()) {
      const position = done[process] ?? 0;
      const move = moves[position];
      if (!move) continue;
      isOver = false;
      const next = done.with(process, position + 1);
      if (move.kind === 'write') {
        go(next, new Map(values).set(move.key, `${process + 1}.${position}`), seen);
      } else {
        const read = `${seen[process]} ${values.get(move.key) ?? '-'}`;
        go(next, values, seen.with(process, read.trim()));
      }
    }
    if (isOver) outcomes.add(outcomeText(seen, values));
  };
  go(
    processes.map(() => 0),
    new Map(),
    processes.map(() => ''),
  );
  return outcomes;
}

export function outcomeText(seen: readonly string[], values: ReadonlyMap<string, string>): string {
  return `${seen.join(' | ')} -> ${[...values].sort().join(' ')}`;
}
