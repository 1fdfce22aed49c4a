/** Work that callers share while it is under way. */
export class Flights<Result> {
  readonly #underWay = new Map<string, Promise<Result>>();

  /**
   * The work under way for this key, or else what `start` begins. `start` is told how to find out, after its
   * first wait, whether it was detached.
   */
  join(key: string, start: (isAttached: () => boolean) => Promise<Result>): Promise<Result> {
    const current = this.#underWay.get(key);
    if (current) return current;
    const isAttached = (): boolean => this.#underWay.get(key) === flight;
    const flight = start(isAttached).finally(() => {
      if (isAttached()) this.#underWay.delete(key);
    });
    this.#underWay.set(key, flight);
    return flight;
  }

  /** Lets nobody join what is under way for this key: it began before something that callers rely on. */
  detach(key: string): void {
    this.#underWay.delete(key);
  }

  detachAll(): void {
    this.#underWay.clear();
  }
}
