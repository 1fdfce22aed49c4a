import type { Condition } from '@norikv/store';
import { describe, expect, it } from 'vitest';
import {
  checkLinearizability,
  type HistoryAction,
  type HistoryOperation,
  type HistoryResult,
} from '../src/index.js';

type Call = readonly [during: string, action: HistoryAction, result: HistoryResult];

const always: Condition = { kind: 'always' };
const absent: Condition = { kind: 'absent' };
const version = (index: number) => ({ term: 1n, index: BigInt(index) });
const ifVersion = (index: number): Condition => ({ kind: 'version', version: version(index) });
const get: HistoryAction = { kind: 'get' };
const put = (value: string, condition: Condition = always): HistoryAction => ({
  kind: 'put',
  value,
  condition,
});
const remove = (condition: Condition = always): HistoryAction => ({ kind: 'delete', condition });
const missing: HistoryResult = { kind: 'missing' };
const unknown: HistoryResult = { kind: 'unknown' };
const refused: HistoryResult = { kind: 'refused' };
const found = (value: string, index: number): HistoryResult => ({
  kind: 'found',
  entry: { value, version: version(index) },
});
const refusedBy = (value: string, index: number): HistoryResult => ({
  kind: 'refused',
  actual: { value, version: version(index) },
});
const written = (index: number): HistoryResult => ({ kind: 'written', version: version(index) });
const deleted = (existed: boolean): HistoryResult => ({ kind: 'deleted', existed });

/** Each call is written as [from-to, action, result]; an open call as [from-, action, unknown]. */
function history(...calls: Call[]): HistoryOperation[] {
  return calls.map(([during, action, result], place) => {
    const [from, to] = during.split('-');
    return {
      client: `client ${place + 1}`,
      key: 'key',
      action,
      result,
      invokedAt: Number(from),
      returnedAt: to ? Number(to) : Number.POSITIVE_INFINITY,
    };
  });
}

const explained: Record<string, HistoryOperation[]> = {
  'nothing at all': [],
  'one after the other': history(
    ['0-1', get, missing],
    ['2-3', put('a'), written(1)],
    ['4-5', get, found('a', 1)],
    ['6-7', remove(), deleted(true)],
    ['8-9', remove(), deleted(false)],
  ),
  'a read that overlaps a write and misses it': history(['0-5', put('a'), written(1)], ['1-2', get, missing]),
  'a read that overlaps a write and sees it': history(
    ['0-5', put('a'), written(1)],
    ['1-2', get, found('a', 1)],
  ),
  'an open write that lands late': history(
    ['0-', put('a'), unknown],
    ['1-2', put('b'), written(1)],
    ['3-4', get, found('b', 1)],
    ['5-6', get, found('a', 2)],
  ),
  'an open write that never lands': history(['0-', put('a'), unknown], ['1-2', get, missing]),
  'an open delete that explains a missing key': history(
    ['0-1', put('a'), written(1)],
    ['2-', remove(ifVersion(1)), unknown],
    ['3-4', get, found('a', 1)],
    ['5-6', get, missing],
  ),
  'a chain of open writes before one answer': history(
    ['0-1', put('a'), written(1)],
    ['2-', remove(), unknown],
    ['3-', put('b', absent), unknown],
    ['4-5', get, found('b', 2)],
  ),
  'a conditional write on the version of an open one': history(
    ['0-', put('a'), unknown],
    ['1-2', put('b', ifVersion(1)), written(2)],
    ['3-4', get, found('b', 2)],
  ),
  'a lost condition on an open write': history(
    ['0-1', put('a'), written(1)],
    ['2-', put('b'), unknown],
    ['3-4', put('c', ifVersion(1)), refused],
    ['5-6', put('d', absent), refusedBy('b', 2)],
    ['7-8', put('e', ifVersion(2)), written(3)],
  ),
  'a lost condition on the version that an open write has replaced': history(
    ['0-', put('a'), unknown],
    ['1-2', put('b', absent), refused],
    ['3-', put('c', ifVersion(1)), unknown],
    ['4-5', put('d', ifVersion(1)), refused],
    ['6-7', get, found('c', 2)],
  ),
  'a lost condition that finds the key absent': history(
    ['0-1', put('a', ifVersion(9)), { kind: 'refused', actual: null }],
    ['2-3', remove(ifVersion(9)), refused],
  ),
  'a read without an answer': history(['0-', get, unknown], ['1-2', put('a'), written(1)]),
};

const impossible: Record<string, [HistoryOperation[], RegExp]> = {
  'a stale read': [
    history(['0-1', put('a'), written(1)], ['2-3', put('b'), written(2)], ['4-5', get, found('a', 1)]),
    /holds "b" \(version 1\/2\), and none of these can be next.*\n.*client 3: get -> found "a"/,
  ],
  'a read that misses an acknowledged write': [
    history(['0-1', put('a'), written(1)], ['2-3', get, missing]),
    /client 2: get -> missing/,
  ],
  'a lost update': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-5', put('b', ifVersion(1)), written(2)],
      ['3-6', put('c'), written(3)],
      ['7-8', get, found('b', 2)],
      ['9-10', get, found('c', 3)],
    ),
    /none of these can be next/,
  ],
  'two winners of one compare-and-swap': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-5', put('b', ifVersion(1)), written(2)],
      ['3-6', put('c', ifVersion(1)), written(3)],
    ),
    /put "c" if version 1\/1 -> version 1\/3/,
  ],
  'two winners of one create': [
    history(['0-3', put('a', absent), written(1)], ['1-2', put('b', absent), written(2)]),
    /if absent/,
  ],
  'a resurrected delete': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-3', remove(), deleted(true)],
      ['4-5', get, missing],
      ['6-7', get, found('a', 1)],
    ),
    /the key is absent, and none of these/,
  ],
  'a delete that two clients were told of': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-5', remove(), deleted(true)],
      ['3-4', remove(), deleted(true)],
    ),
    /delete -> deleted/,
  ],
  'a delete that missed a present key': [
    history(['0-1', put('a'), written(1)], ['2-3', remove(), deleted(false)]),
    /delete -> was absent/,
  ],
  'a conditional delete that missed a key and did not say so': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-3', remove(), deleted(true)],
      ['4-5', remove(ifVersion(1)), deleted(false)],
    ),
    /delete if version 1\/1 -> was absent/,
  ],
  'a version that repeats': [
    history(['0-1', put('a'), written(1)], ['2-3', remove(), deleted(true)], ['4-5', put('b'), written(1)]),
    /version 1\/1 repeats: two writes/,
  ],
  'a version with two values': [
    history(['0-1', put('a'), written(1)], ['2-3', get, found('b', 1)]),
    /version 1\/1 has two values, "a" and "b"/,
  ],
  'a version of open writes with two values': [
    history(
      ['0-', put('a'), unknown],
      ['1-', put('b'), unknown],
      ['2-3', get, found('a', 1)],
      ['4-5', put('c', absent), refusedBy('b', 1)],
    ),
    /version 1\/1 has two values/,
  ],
  'an open write that takes effect twice': [
    history(
      ['0-', put('a'), unknown],
      ['1-2', get, found('a', 1)],
      ['3-4', remove(), deleted(true)],
      ['5-6', get, found('a', 2)],
    ),
    /found "a" \(version 1\/2\)/,
  ],
  'an open write that takes the version of another': [
    history(
      ['0-', put('a'), unknown],
      ['1-', put('a'), unknown],
      ['2-3', get, found('a', 1)],
      ['4-5', remove(), deleted(true)],
      ['6-7', get, found('a', 1)],
    ),
    /found "a" \(version 1\/1\)/,
  ],
  'an open write that takes the version of an answered one': [
    history(
      ['0-', put('a'), unknown],
      ['1-2', get, found('a', 5)],
      ['3-4', remove(), deleted(true)],
      ['5-6', put('a'), written(5)],
    ),
    /client 2: get -> found "a" \(version 1\/5\)/,
  ],
  'an open write seen before it was called': [
    history(['0-1', get, found('a', 1)], ['2-', put('a'), unknown]),
    /client 1: get/,
  ],
  'an open conditional write whose condition never held': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-', put('b', ifVersion(7)), unknown],
      ['3-4', get, found('b', 2)],
    ),
    /found "b"/,
  ],
  'a value nobody wrote': [history(['0-1', get, found('x', 1)]), /the key is absent/],
  'a refusal without a reason': [
    history(['0-1', put('a'), written(1)], ['2-3', put('b', ifVersion(1)), refused]),
    /if version 1\/1 -> refused/,
  ],
  'a refusal of an unconditional write': [history(['0-1', put('a'), refused]), /put "a" -> refused/],
  'a create refused on an absent key': [
    history(['0-1', put('a', absent), { kind: 'refused', actual: null }]),
    /refused, it was absent/,
  ],
  'a refusal that names an older entry': [
    history(
      ['0-1', put('a'), written(1)],
      ['2-3', put('b'), written(2)],
      ['4-5', remove(ifVersion(9)), refusedBy('a', 1)],
    ),
    /delete if version 1\/9 -> refused, it held "a"/,
  ],
};

describe('a history that has an order', () => {
  it.each(Object.entries(explained))('is accepted: %s', (_name, operations) => {
    expect(checkLinearizability(operations)).toEqual({ ok: true });
  });
});

describe('a history that has none', () => {
  it.each(Object.entries(impossible))('is refused: %s', (_name, [operations, explanation]) => {
    expect(checkLinearizability(operations)).toEqual({
      ok: false,
      key: 'key',
      explanation: expect.stringMatching(explanation),
    });
  });

  it('is refused for the one key that has none', () => {
    const wrong = history(['0-1', get, found('x', 1)]).map((operation) => ({ ...operation, key: 'other' }));
    const verdict = checkLinearizability([...history(['0-1', put('a'), written(1)]), ...wrong]);
    expect(verdict).toMatchObject({ ok: false, key: 'other' });
  });

  it('is explained by the writes long ago that an answer is about', () => {
    const turns = Array.from({ length: 6 }, (_, turn): Call[] => [
      [`${4 * turn}-${4 * turn + 1}`, put(`value ${turn}`), turn === 1 ? unknown : written(turn)],
      [`${4 * turn + 2}-${4 * turn + 3}`, get, found(`value ${turn}`, turn)],
    ]);
    const calls = [...turns.flat(), ['24-25', remove(), deleted(true)], ['26-27', put('last'), written(9)]];
    const explanationWith = (...late: Call[]): string[] => {
      const verdict = checkLinearizability(history(...(calls as Call[]), ...late));
      return (verdict as { explanation: string }).explanation.split('\n');
    };
    expect(explanationWith(['30-31', get, found('value 0', 0)]).slice(-3)).toEqual([
      'What these name was written, and replaced, before:',
      '  [0-1] client 1: put "value 0" -> version 1/0',
      '  [4-5] client 3: put "value 1" -> unknown',
    ]);
    expect(explanationWith(['30-31', get, found('value 1', 1)]).slice(-2)).toEqual([
      '  [4-5] client 3: put "value 1" -> unknown',
      '  [8-9] client 5: put "value 2" -> version 1/2',
    ]);
    expect(explanationWith(['30-31', put('late', ifVersion(2)), written(10)]).slice(-2)).toEqual([
      '  [8-9] client 5: put "value 2" -> version 1/2',
      '  [12-13] client 7: put "value 3" -> version 1/3',
    ]);
    // All of it is among the last operations already.
    expect(explanationWith(['30-31', get, found('value 5', 5)]).at(-1)).toContain('client 15: get');
  });

  it('is explained briefly', () => {
    const calls = Array.from({ length: 40 }, (_, place): Call => {
      return [`${place * 2}-${place * 2 + 1}`, put('long '.repeat(50)), written(place + 1)];
    });
    const verdict = checkLinearizability(history(...calls, ['90-91', get, missing]));
    const { explanation } = verdict as { explanation: string };
    expect(explanation).toContain('(32 operations before)');
    expect(explanation.split('\n').length).toBeLessThan(14);
    expect(explanation.length).toBeLessThan(1_500);
  });
});
