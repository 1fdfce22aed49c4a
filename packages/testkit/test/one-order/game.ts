import { type Clock, errorCode, isNoriKVError, type KvStore } from '@norikv/store';
import type { MadeCall } from './one-order.js';

/** A call to make, and what it does when it is alone: the next model, and the answer or the code of an error. */
export interface Step<Subject, Model> {
  readonly name: string;
  call(subject: Subject): Promise<unknown>;
  apply(model: Model): readonly [model: Model, answer: unknown];
}

/** What one schedule is about. */
export interface Game<Subject, Model> {
  readonly initial: Model;
  /** Makes the object as one process has it. */
  open(store: KvStore, clock: Clock): Subject;
  /** Brings it to the initial state. */
  prepare?(subject: Subject): Promise<unknown>;
  next(number: number): Step<Subject, Model>;
}

/** What the caller of a step was told, as text. */
export type Told = { readonly answer: string } | 'unknown' | 'not applied';

const saysNothing = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONTENTION', 'CANCELLED'];

/** Makes the call of a step. Throws what is no answer at all. */
export async function take<Subject, Model>({ call }: Step<Subject, Model>, subject: Subject): Promise<Told> {
  try {
    return { answer: shown(await call(subject)) };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (isNoriKVError(error) && error.outcome === 'unknown') return 'unknown';
    return saysNothing.includes(code) ? 'not applied' : { answer: shown(code) };
  }
}

/** A step as a call that has begun. */
export function begun<Subject, Model>(
  { name, apply }: Step<Subject, Model>,
  startedAt: number,
): MadeCall<Model> {
  return {
    name,
    startedAt,
    endedAt: Number.POSITIVE_INFINITY,
    answer: undefined,
    apply(model) {
      const [next, answer] = apply(model);
      return [next, shown(answer)];
    },
  };
}

/** Calls as text, to be read by a person. */
export function listed<Model>(calls: readonly MadeCall<Model>[]): string[] {
  return calls.map(({ name, startedAt, endedAt, answer }) => `${startedAt}-${endedAt} ${name}: ${answer}`);
}

function shown(answer: unknown): string {
  const text = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  return JSON.stringify(answer, text) ?? 'nothing';
}
