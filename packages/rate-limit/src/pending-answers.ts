/** An answer of the store that is on its way. */
export interface PendingAnswer {
  /** Whether the record was changed on purpose since it was asked for: then a denial must not be remembered. */
  readonly isOutdated: boolean;
  /** Whether it was reset or blocked since: then permits taken for later must not be used. */
  readonly isForgotten: boolean;
}

interface Answer {
  isOutdated: boolean;
  isForgotten: boolean;
}

/** The answers that are on their way, by key. */
export class PendingAnswers {
  readonly #pending = new Map<string, Answer[]>();

  /** Follows an answer, from before the question is asked until {@link ended}. */
  follow(key: string): PendingAnswer {
    const answer = { isOutdated: false, isForgotten: false };
    const others = this.#pending.get(key);
    if (others) others.push(answer);
    else this.#pending.set(key, [answer]);
    return answer;
  }

  /** What is to be remembered of an answer is. */
  ended(key: string, answer: PendingAnswer): void {
    const others = this.#of(key).filter((other) => other !== answer);
    if (others.length > 0) this.#pending.set(key, others);
    else this.#pending.delete(key);
  }

  /** Permits came back. */
  outdate(key: string): void {
    for (const answer of this.#of(key)) answer.isOutdated = true;
  }

  /** It was reset or blocked. */
  forget(key: string): void {
    this.outdate(key);
    for (const answer of this.#of(key)) answer.isForgotten = true;
  }

  #of(key: string): readonly Answer[] {
    return this.#pending.get(key) ?? [];
  }
}
