import {
  CancelledError,
  type Clock,
  DeadlineExceededError,
  InvalidArgumentError,
  systemClock,
} from '@norikv/store';
import { backgroundClock } from '@norikv/store/background-clock';
import { checkOptions, checkString, checkWhole, refuse } from '@norikv/store/checks';
import { onAbort } from '@norikv/store/on-abort';
import { checkLimits } from './call-budget.js';
import { checkedVectors } from './checked-vectors.js';
import { checkFunctions } from './checks.js';
import { contentHash } from './content-hash.js';
import type { EmbeddingModel } from './embedding-model.js';
import { mapBounded } from './map-bounded.js';
import { MicroBatcher } from './micro-batcher.js';
import { mostDimensions } from './vector-space.js';

/** Options of one {@link Embedder.embed}. */
export interface EmbedOptions {
  /**
   * Stops waiting at once. A text that was not sent to the model yet never is; a model call that runs is aborted
   * once nobody waits for any of its texts.
   */
  readonly signal?: AbortSignal | undefined;
  /** How long to wait, in milliseconds. Default: as long as it takes. */
  readonly timeoutMs?: number | undefined;
}

/** An embedding model whose answers are checked, batched and, if wanted, cached. */
export interface Embedder {
  /** How many numbers a vector has. */
  readonly dimensions: number;
  /** The model's fingerprint; empty if it has none. */
  readonly fingerprint: string;
  /**
   * The vectors of texts, in their order. Calls made at the same time share batches, and equal texts share a
   * vector: do not write to it.
   *
   * @throws InvalidArgumentError for a text that is empty or all space, and for a wrong option; the model is not
   * asked.
   * @throws EmbeddingError when the model answers with anything but one finite vector for each text.
   * @throws CancelledError when the signal fires, DeadlineExceededError when the time is up. What the model throws
   * is passed on.
   */
  embed(texts: readonly string[], options?: EmbedOptions): Promise<Float32Array[]>;
}

/** Options of {@link createEmbedder}. */
export interface EmbedderOptions {
  /** Texts in one call of the model. Default 32. */
  readonly batchSize?: number | undefined;
  /** Calls of the model at a time. Default 2. */
  readonly concurrency?: number | undefined;
  /** How many vectors to remember by the hash of their text; the least recently used is dropped first. Default 0. */
  readonly cacheSize?: number | undefined;
  /** For time limits. Default: the clock of the process. */
  readonly clock?: Clock | undefined;
}

/** Calls of a model without `embedBatch` that run at a time within one batch. */
const singleCalls = 8;

/**
 * Puts checks, batches and a cache around an embedding model.
 *
 * @throws InvalidArgumentError if the model or an option is wrong.
 */
export function createEmbedder(model: EmbeddingModel, options: EmbedderOptions = {}): Embedder {
  if (typeof model !== 'object' || model === null) refuse('model', model, 'an object with embed(text)');
  checkOptions(options, ['batchSize', 'concurrency', 'cacheSize', 'clock']);
  const { batchSize = 32, concurrency = 2, cacheSize = 0, clock } = options;
  const { dimensions, fingerprint = '' } = model;
  checkWhole('model.dimensions', dimensions, 1, mostDimensions);
  checkWhole('batchSize', batchSize, 1, 10_000);
  checkWhole('concurrency', concurrency, 1, 1_000);
  checkWhole('cacheSize', cacheSize, 0, 10_000_000);
  if (typeof model.embed !== 'function') refuse('model.embed', model.embed, 'a function of a text');
  checkFunctions({ 'model.embedBatch': model.embedBatch });
  checkString('model.fingerprint', fingerprint);

  const askModel = async (texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> => {
    const answer = model.embedBatch
      ? await model.embedBatch(texts, { signal })
      : await mapBounded(texts, singleCalls, async (text) => {
          signal.throwIfAborted();
          return model.embed(text, { signal });
        });
    return checkedVectors(answer, texts.length, dimensions);
  };
  const batcher = new MicroBatcher(askModel, batchSize, concurrency, clock ?? backgroundClock);
  const cache = new Map<string, Float32Array>();

  const cached = (key: string): Float32Array | undefined => {
    const vector = cache.get(key);
    if (vector) remember(key, vector);
    return vector;
  };
  const remember = (key: string, vector: Float32Array): void => {
    cache.delete(key);
    cache.set(key, vector);
    const [oldest] = cache.keys();
    if (cache.size > cacheSize && oldest !== undefined) cache.delete(oldest);
  };

  async function embedAll(texts: readonly string[], signal: AbortSignal): Promise<Float32Array[]> {
    if (cacheSize === 0) return batcher.run(texts, signal);
    const keys = texts.map((text) => contentHash(text));
    const vectors = keys.map(cached);
    const places = texts.flatMap((_, place) => (vectors[place] ? [] : [place]));
    const fresh = await batcher.run(
      places.map((place) => texts[place] ?? ''),
      signal,
    );
    for (const [order, place] of places.entries()) {
      const vector = fresh[order] ?? new Float32Array(0);
      vectors[place] = vector;
      remember(keys[place] ?? '', vector);
    }
    return vectors.filter((vector) => vector !== undefined);
  }

  return {
    dimensions,
    fingerprint,
    async embed(texts, limits = {}) {
      if (!Array.isArray(texts)) refuse('texts', texts, 'an array of strings');
      for (const text of texts) checkText(text);
      checkLimits(limits);
      return within(limits, clock ?? systemClock, (signal) => embedAll(texts, signal));
    },
  };
}

function checkText(text: string): void {
  if (typeof text === 'string' && text.trim() !== '') return;
  throw new InvalidArgumentError(
    `A text to embed is ${JSON.stringify(text)}; give one with something in it, or leave it out`,
  );
}

/** Gives work a signal that fires when nobody waits for it any more, also because a part of it has failed. */
function within<T>(
  { signal, timeoutMs }: EmbedOptions,
  clock: Clock,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const waiting = new AbortController();
    const giveUp = (error: unknown): void => {
      reject(error);
      waiting.abort(error);
    };
    const cancel = (): void =>
      giveUp(new CancelledError('Embedding was cancelled', { cause: signal?.reason }));
    if (signal?.aborted) return cancel();
    const stop = signal && onAbort(signal, cancel);
    const late = (): void => {
      giveUp(
        new DeadlineExceededError(`The model did not answer within ${timeoutMs} ms`, {
          outcome: 'not-applied',
        }),
      );
    };
    const cancelTimer = timeoutMs === undefined ? undefined : clock.startTimer(late, timeoutMs);
    work(waiting.signal)
      .then(resolve, giveUp)
      .finally(() => {
        stop?.();
        cancelTimer?.();
      });
  });
}
