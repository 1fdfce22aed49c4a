import type { Transition } from '@norikv/cas-retry';
import { describe, expect, it } from 'vitest';
import { type DocumentState, unknownDocument } from '../src/deduplication/document-state.js';
import {
  admit,
  begin,
  demote,
  fence,
  link,
  list,
  remove,
  settled,
  withdraw,
} from '../src/deduplication/document-transitions.js';
import { fingerprintOf, withVector } from '../src/deduplication/fingerprint.js';

const fingerprints = { x: await fingerprintOf('x', null), y: await fingerprintOf('y', null) };

const candidate = (generation: number, text: keyof typeof fingerprints) => ({
  generation,
  fingerprint: fingerprints[text],
  since: 0,
});

function after(...steps: readonly Transition<DocumentState, unknown>[]): DocumentState {
  return steps.reduce<DocumentState>((state, step) => step(state, 0).state ?? state, unknownDocument);
}

const resultOf = <Result>(state: DocumentState, step: Transition<DocumentState, Result>): Result =>
  step(state, 0).result;

describe('a content may begin', () => {
  it('unless its generation was fenced', () => {
    expect(resultOf(after(fence(3)), begin(candidate(3, 'x'))).kind).toBe('fenced');
    expect(resultOf(after(fence(3)), begin(candidate(4, 'x'))).kind).toBe('begun');
  });

  it('together with the same content, and not with another', () => {
    const state = after(begin(candidate(1, 'x')));
    expect(resultOf(state, begin(candidate(2, 'x')))).toMatchObject({
      kind: 'joined',
      candidate: { generation: 1 },
    });
    expect(resultOf(state, begin(candidate(2, 'y')))).toMatchObject({ kind: 'occupied' });
  });

  it('in place of the same content that was begun without an embedding', () => {
    const [first, second] = [candidate(1, 'x'), candidate(2, 'x')];
    const bare = { ...first, fingerprint: { ...first.fingerprint, unembedded: 'x' } };
    const whole = { ...second, fingerprint: withVector(second.fingerprint, Float32Array.of(1)) };
    const state = after(begin(bare));
    expect(resultOf(state, begin({ ...bare, generation: 2 })).kind).toBe('joined');
    expect(resultOf(state, begin(whole, 'alias')).kind).toBe('settled');
    expect(resultOf(after(begin(bare), fence(2)), begin(whole)).kind).toBe('fenced');
    expect(resultOf(state, begin(whole))).toMatchObject({ kind: 'begun', candidate: whole });
    const next = after(begin(bare), begin(whole));
    expect(next).toMatchObject({ candidate: whole, leftovers: [{ generation: 1 }] });
    expect(resultOf(next, admit(1, null, [])).isDone).toBe(false);
    expect(resultOf(next, begin({ ...bare, generation: 3 }))).toMatchObject({
      kind: 'joined',
      candidate: whole,
    });
  });

  it('anew only if the document still has it', () => {
    const standing = after(begin(candidate(1, 'x')), admit(1, null, []));
    expect(resultOf(standing, begin(candidate(2, 'x'))).kind).toBe('settled');
    expect(resultOf(standing, begin(candidate(2, 'x'), 'standing')).kind).toBe('begun');
    expect(resultOf(standing, begin(candidate(2, 'y'), 'standing')).kind).toBe('settled');
    expect(resultOf(unknownDocument, begin(candidate(2, 'x'), 'standing')).kind).toBe('settled');
    expect(resultOf(unknownDocument, begin(candidate(2, 'x'), 'alias')).kind).toBe('settled');
  });
});

describe('a candidate that was taken back', () => {
  const state = after(begin(candidate(1, 'x')), withdraw(1));

  it('cannot stand, nor be linked, nor be taken back again', () => {
    const match = { id: 'b', stage: 'exact', similarity: 1, verdict: 'duplicate', objection: null } as const;
    expect(resultOf(state, admit(1, null, [])).isDone).toBe(false);
    expect(resultOf(state, link(1, match, false)).isDone).toBe(false);
    expect(resultOf(state, withdraw(1)).isDone).toBe(false);
    expect(resultOf(state, list('b', 1, 10))).toBe('not-standing');
  });

  it('does not let the next one stand in its place', () => {
    const next = after(begin(candidate(1, 'x')), withdraw(1), begin(candidate(2, 'y')));
    expect(resultOf(next, admit(1, null, [])).isDone).toBe(false);
    expect(resultOf(next, withdraw(1)).isDone).toBe(false);
    expect(resultOf(next, admit(2, null, [])).isDone).toBe(true);
  });

  it('leaves its traces to be removed, and can then not begin again', () => {
    expect(state.leftovers).toHaveLength(1);
    const clean = after(begin(candidate(1, 'x')), withdraw(1), settled(state));
    expect(clean).toEqual({ ...unknownDocument, floor: 1 });
    expect(resultOf(clean, begin(candidate(1, 'x'))).kind).toBe('fenced');
  });
});

it('a document that stands with another content now is not replaced', () => {
  const match = { id: 'b', stage: 'near', similarity: 0.5, verdict: 'duplicate', objection: null } as const;
  const standing = after(begin(candidate(2, 'x')), admit(2, null, []));
  expect(resultOf(standing, demote(1, match, 9)).isDone).toBe(false);
  expect(resultOf(standing, demote(2, match, 9))).toMatchObject({
    isDone: true,
    state: { alias: { match } },
  });
});

it('a candidate that two calls have made an alias leaves its traces to be removed after the second, too', () => {
  const match = { id: 'b', stage: 'near', similarity: 0.5, verdict: 'duplicate', objection: null } as const;
  const linked = after(begin(candidate(1, 'x')), link(1, match, false));
  const swept = settled(linked)(linked, 0).result.state;
  expect(swept.leftovers).toEqual([]);
  expect(resultOf(swept, link(1, match, false)).state.leftovers).toMatchObject([{ generation: 1 }]);
  const member = after(begin(candidate(1, 'x')), link(1, match, true));
  expect(link(1, match, true)(member, 0)).toMatchObject({ kind: 'keep', result: { isDone: true } });
});

it('a document that is gone is not removed again', () => {
  const state = after(begin(candidate(1, 'x')), remove(9));
  expect(state.leftovers).toHaveLength(1);
  expect(resultOf(state, remove(9)).isDone).toBe(false);
  expect(resultOf(unknownDocument, remove(9)).isDone).toBe(false);
});

it('steps that were done are done, and change nothing', () => {
  const standing = after(begin(candidate(1, 'x')), admit(1, null, []), list('b', 1, 10));
  expect(admit(1, null, [])(standing, 0)).toMatchObject({ kind: 'keep', result: { isDone: true } });
  expect(list('b', 1, 10)(standing, 0)).toEqual({ kind: 'keep', result: 'listed' });
  expect(fence(0)(standing, 0)).toMatchObject({ kind: 'keep', result: { isDone: true } });
});
