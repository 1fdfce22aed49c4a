/** Calls for single texts that fail one after the other: then the model is down. */
const mostFailedInTurn = 3;

interface Job {
  readonly texts: readonly string[];
  resolve(vectors: Float32Array[]): void;
  reject(error: unknown): void;
}

/** Joins the texts of calls made at the same time into batches. */
export class MicroBatcher {
  readonly #ask: (texts: readonly string[]) => Promise<Float32Array[]>;
  readonly #batchSize: number;
  readonly #concurrency: number;
  readonly #waiting: Job[] = [];
  #running = 0;
  #isScheduled = false;
  #latestError: unknown;

  constructor(
    ask: (texts: readonly string[]) => Promise<Float32Array[]>,
    batchSize: number,
    concurrency: number,
  ) {
    this.#ask = ask;
    this.#batchSize = batchSize;
    this.#concurrency = concurrency;
  }

  async run(texts: readonly string[]): Promise<Float32Array[]> {
    const pieces: Promise<Float32Array[]>[] = [];
    for (let start = 0; start < texts.length; start += this.#batchSize) {
      pieces.push(this.#enqueue(texts.slice(start, start + this.#batchSize)));
    }
    return (await Promise.all(pieces)).flat();
  }

  #enqueue(texts: readonly string[]): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ texts, resolve, reject });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      // In the next turn, so that everybody who asks in this one is in the batch.
      setImmediate(() => {
        this.#isScheduled = false;
        this.#start();
      });
    });
  }

  #start(): void {
    while (this.#waiting.length > 0 && this.#running < this.#concurrency) {
      this.#running += 1;
      void this.#serve(this.#nextBatch()).finally(() => {
        this.#running -= 1;
        this.#start();
      });
    }
  }

  #nextBatch(): Job[] {
    let size = 0;
    const end = this.#waiting.findIndex(({ texts }) => {
      size += texts.length;
      return size > this.#batchSize;
    });
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end);
  }

  async #serve(jobs: readonly Job[]): Promise<void> {
    try {
      const vectors = await this.#ask(jobs.flatMap(({ texts }) => texts));
      let start = 0;
      for (const { texts, resolve } of jobs) {
        resolve(vectors.slice(start, start + texts.length));
        start += texts.length;
      }
    } catch (error) {
      if (jobs.length === 1) for (const { reject } of jobs) reject(error);
      else await this.#serveAlone(jobs);
    }
  }

  /** One bad text must not fail the texts of others, so everybody is asked for alone; but not in an outage. */
  async #serveAlone(jobs: readonly Job[]): Promise<void> {
    let failedInTurn = 0;
    for (const { texts, resolve, reject } of jobs) {
      if (failedInTurn === mostFailedInTurn) {
        reject(this.#latestError);
        continue;
      }
      try {
        resolve(await this.#ask(texts));
        failedInTurn = 0;
      } catch (error) {
        this.#latestError = error;
        failedInTurn += 1;
        reject(error);
      }
    }
  }
}
