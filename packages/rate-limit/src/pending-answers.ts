/** An answer of the store that is on its way. */
export interface PendingAnswer {
  /** Whether the record was changed on purpose since it was asked for: then a denial must not be remembered. */
  readonly isOutdated: boolean;
  /** Whether it was reset or blocked since: then permits taken for later must not be used. */
  readonly isForgotten: boolean;
}

/** The answers that are on their way, by key. */
export class PendingAnswers {
  readonly #pending = new Map<string, Set<{ isOutdated: boolean; isForgotten: boolean }>>();

  /** Follows an answer from the question until what is to be remembered of it is. */
  async follow<Result>(key: string, ask: (answer: PendingAnswer) => Promise<Result>): Promise<Result> {
    const answer = { isOutdated: false, isForgotten: false };
    const answers = this.#pending.get(key) ?? new Set();
    this.#pending.set(key, answers.add(answer));
    try {
      return await ask(answer);
    } finally {
      answers.delete(answer);
      if (answers.size === 0) this.#pending.delete(key);
    }
  }

  /** Permits came back. */
  outdate(key: string): void {
    for (const answer of this.#pending.get(key) ?? []) answer.isOutdated = true;
  }

  /** It was reset or blocked. */
  forget(key: string): void {
    this.outdate(key);
    for (const answer of this.#pending.get(key) ?? []) answer.isForgotten = true;
  }
}
