import { errorCode, isNoriKVError } from '@norikv/store';
import { haveOneOrder, type MadeCall } from '../../../testkit/test/one-order/one-order.js';

/** What a call does when it is alone: the next model, and the answer. */
type Effect<Model> = (model: Model, told: string | undefined) => readonly [model: Model, answer: string];

const excuses = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONTENTION', 'TRAINING_SUPERSEDED'];

/** What a call failed with that a store which fails explains. Any other error is thrown. */
export function excused(error: unknown): 'unknown' | 'not-applied' {
  if (!isNoriKVError(error)) throw error;
  if (error.outcome === 'not-applied' && !excuses.includes(errorCode(error) ?? '')) throw error;
  return error.outcome;
}

/** What callers of several processes were told of each subject, to be explained by one order of their calls. */
export class Told<Model> {
  readonly #initial: Model;
  readonly #calls = new Map<string, MadeCall<Model>[]>();
  readonly #begun = new Map<string, number>();
  readonly #ended = new Map<string, number>();
  #moment = 0;

  constructor(initial: Model) {
    this.#initial = initial;
  }

  /** A moment between two calls. */
  now(): number {
    this.#moment += 1;
    return this.#moment;
  }

  /** Makes a call that may change a subject. */
  async write(
    subject: string,
    name: string,
    call: () => Promise<unknown>,
    effect: Effect<Model>,
  ): Promise<void> {
    const startedAt = this.now();
    this.#begun.set(subject, (this.#begun.get(subject) ?? 0) + 1);
    const made = { name, startedAt, endedAt: Number.POSITIVE_INFINITY };
    try {
      const answer = String(await call());
      this.#ended.set(subject, (this.#ended.get(subject) ?? 0) + 1);
      this.#add(subject, { ...made, endedAt: this.now(), answer, apply: (model) => effect(model, answer) });
    } catch (error) {
      if (excused(error) === 'not-applied') return;
      this.#add(subject, { ...made, answer: undefined, apply: (model) => effect(model, undefined) });
    }
  }

  /** How many writes there were, if all have ended and nothing of them may come late; else a number like no other. */
  writesTo(subject: string): number {
    const begun = this.#begun.get(subject) ?? 0;
    return begun === (this.#ended.get(subject) ?? 0) ? begun : Number.NaN;
  }

  /** Takes note of what was seen between a moment and now. */
  saw(subject: string, startedAt: number, answer: string, of: (model: Model) => string): void {
    const apply = (model: Model): readonly [Model, string] => [model, of(model)];
    this.#add(subject, { name: 'look', startedAt, endedAt: this.now(), answer, apply });
  }

  /** The calls that no order explains. */
  unexplained(): string[] {
    return [...this.#calls]
      .filter(([, calls]) => !haveOneOrder(this.#initial, calls))
      .flatMap(([subject, calls]) =>
        calls.map((one) => `${subject}: ${one.startedAt}-${one.endedAt} ${one.name} ${one.answer}`),
      );
  }

  #add(subject: string, call: MadeCall<Model>): void {
    this.#calls.set(subject, [...(this.#calls.get(subject) ?? []), call]);
  }
}
