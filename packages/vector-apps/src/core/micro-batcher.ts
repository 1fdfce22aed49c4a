import type { Clock } from '@norikv/store';
import { onAbort } from '@norikv/store/on-abort';
import { inNextTurn } from './next-turn.js';

/** When so many calls for single texts fail one after the other, the model is taken for down. */
const mostFailedInTurn = 3;

/** How long a call that nobody waits for any more, and that does not end, counts among those that run. */
const abandonedMs = 10_000;

/** Asks the model. The signal fires when nobody waits for the answer any more. */
type Ask = (texts: readonly string[], signal: AbortSignal) => Promise<Float32Array[]>;

interface Job {
  readonly texts: readonly string[];
  /** Fires when its caller has gone. */
  readonly signal: AbortSignal;
  resolve(vectors: Float32Array[]): void;
  reject(error: unknown): void;
}

/** Joins the texts of calls made at the same time into batches. */
export class MicroBatcher {
  readonly #ask: Ask;
  readonly #batchSize: number;
  readonly #concurrency: number;
  readonly #clock: Clock;
  readonly #waiting = new Set<Job>();
  #running = 0;
  #isScheduled = false;

  constructor(ask: Ask, batchSize: number, concurrency: number, clock: Clock) {
    this.#ask = ask;
    this.#batchSize = batchSize;
    this.#concurrency = concurrency;
    this.#clock = clock;
  }

  /** The vectors of texts. Once the signal fires, a text that was not sent to the model yet never is. */
  async run(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    const pieces: Promise<Float32Array[]>[] = [];
    for (let start = 0; start < texts.length; start += this.#batchSize) {
      pieces.push(this.#enqueue(texts.slice(start, start + this.#batchSize), signal));
    }
    return (await Promise.all(pieces)).flat();
  }

  #enqueue(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        if (this.#waiting.delete(job)) reject(signal.reason);
      };
      const stop = onAbort(signal, leave);
      const job: Job = {
        texts,
        signal,
        resolve(vectors) {
          stop();
          resolve(vectors);
        },
        reject(error) {
          stop();
          reject(error);
        },
      };
      this.#waiting.add(job);
      this.#schedule();
    });
  }

  /** In the next turn: who asks in this one is in the batch, and who learns in it of a failure is not. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    inNextTurn(() => {
      this.#isScheduled = false;
      this.#start();
    });
  }

  #start(): void {
    while (this.#waiting.size > 0 && this.#running < this.#concurrency) {
      this.#running += 1;
      void this.#serve(this.#nextBatch()).finally(() => {
        this.#running -= 1;
        if (this.#waiting.size > 0) this.#schedule();
      });
    }
  }

  #nextBatch(): Job[] {
    const batch: Job[] = [];
    let size = 0;
    for (const job of this.#waiting) {
      size += job.texts.length;
      if (size > this.#batchSize) break;
      this.#waiting.delete(job);
      batch.push(job);
    }
    return batch;
  }

  async #serve(jobs: readonly Job[]): Promise<void> {
    try {
      const vectors = await this.#askFor(jobs);
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
    let latestError: unknown;
    for (const job of jobs) {
      if (failedInTurn === mostFailedInTurn || job.signal.aborted) {
        job.reject(job.signal.aborted ? job.signal.reason : latestError);
        continue;
      }
      try {
        job.resolve(await this.#askFor([job]));
        failedInTurn = 0;
      } catch (error) {
        latestError = error;
        if (!job.signal.aborted) failedInTurn += 1;
        job.reject(error);
      }
    }
  }

  async #askFor(jobs: readonly Job[]): Promise<Float32Array[]> {
    const call = new AbortController();
    const stops = jobs.map(({ signal }) =>
      onAbort(signal, () => {
        if (jobs.every((job) => job.signal.aborted)) call.abort(signal.reason);
      }),
    );
    try {
      const wanted = jobs.flatMap(({ texts }) => texts);
      // Equal texts are asked for once.
      const texts = [...new Set(wanted)];
      const vectors = await this.#untilAbandoned(this.#ask(texts, call.signal), call.signal);
      const byText = new Map(vectors.map((vector, place) => [texts[place], vector]));
      return wanted.flatMap((text) => byText.get(text) ?? []);
    } finally {
      for (const stop of stops) stop();
    }
  }

  /** A model that is slow to heed the signal still counts as busy; one that hangs is given up after a while. */
  async #untilAbandoned(answer: Promise<Float32Array[]>, signal: AbortSignal): Promise<Float32Array[]> {
    const releases: (() => void)[] = [];
    const abandoned = new Promise<never>((_, reject) => {
      const leave = (): void => {
        releases.push(this.#clock.startTimer(() => reject(signal.reason), abandonedMs));
      };
      releases.push(onAbort(signal, leave));
    });
    try {
      return await Promise.race([answer, abandoned]);
    } finally {
      for (const release of releases) release();
    }
  }
}
