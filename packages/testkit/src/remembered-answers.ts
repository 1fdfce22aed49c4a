interface RememberedAnswer {
  readonly answer: unknown;
  readonly forgottenAt: number;
}

/** For how long answers are remembered. */
export interface Retention {
  readonly monotonic: () => number;
  readonly idempotencyRetentionMs: number;
}

/** The answers of writes that carried an idempotency key. */
export class RememberedAnswers {
  /** The oldest first. */
  readonly #answers = new Map<string, RememberedAnswer>();
  readonly #retention: Retention;

  constructor(retention: Retention) {
    this.#retention = retention;
  }

  /** Applies a write, or answers as the first with this key did. A write that throws is not remembered. */
  once<T>(scope: readonly string[], idempotencyKey: string | undefined, apply: () => T): T {
    if (idempotencyKey === undefined) return apply();
    const now = this.#retention.monotonic();
    this.#forget(now);
    const name = JSON.stringify([...scope, idempotencyKey]);
    const remembered = this.#answers.get(name);
    if (remembered !== undefined) return remembered.answer as T;
    const answer = apply();
    this.#answers.set(name, { answer, forgottenAt: now + this.#retention.idempotencyRetentionMs });
    return answer;
  }

  #forget(now: number): void {
    for (const [name, { forgottenAt }] of this.#answers) {
      if (forgottenAt > now) return;
      this.#answers.delete(name);
    }
  }
}
