import { keep, type Transition, write } from '@norikv/cas-retry';
import { isRefusal, type Refusal } from './refusals.js';
import { type Rules, settle } from './rules.js';
import type { Stock } from './stock.js';

/** What a command does to a record that exists: the next state, or the same one, and the answer. Pure. */
export type Step<Answer> = (stock: Stock, now: number) => readonly [next: Stock, answer: Answer];

/**
 * The transition of a step. What time has ended since the last write is ended first, and becomes part of this
 * write: an answer that a reservation has ended is not given before that is in the record.
 *
 * Refusals are answers, not exceptions, so that a crowd of them costs the others of its batch nothing.
 */
export function onStock<Answer>(rules: Rules, step: Step<Answer>): Transition<Stock, Answer | Refusal> {
  return (stored, now) => {
    if (!stored) return keep({ kind: 'no-item' });
    const [next, answer] = step(settle(stored, now, rules), now);
    const changesNothing = isRefusal(answer) && answer.kind !== 'resolved';
    return next === stored || changesNothing ? keep(answer) : write(next, answer);
  };
}
