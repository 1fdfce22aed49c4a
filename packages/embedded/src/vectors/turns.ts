/** Lets work be done one piece after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does the work when all that was given before has ended, however it ended. */
  next<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work, work);
    this.#last = turn;
    return turn;
  }
}
