import { type CallOptions, InvalidArgumentError, type KvStore } from '@norikv/store';
import { checkString } from '@norikv/store/checks';
import { afterWrite } from '../core/after-write.js';
import { CallBudget } from '../core/call-budget.js';
import type { EmbeddingModel } from '../core/embedding-model.js';
import { mapBounded } from '../core/map-bounded.js';
import { Turns } from '../core/turns.js';
import { checkId } from '../core/vector-id.js';
import { type Assembly, assemble } from './assembly.js';
import { isGone, isThere } from './document-state.js';
import { remove } from './document-transitions.js';
import { type Fingerprint, fingerprintOf } from './fingerprint.js';
import type { DeduplicatorOptions } from './options.js';
import type { DeduplicationReport, DeduplicationRunOptions } from './repair.js';
import { type DeduplicationResult, resultOf, type StoredDocument, storedDocument } from './results.js';
import { type ResumedDocument, resumeAll } from './resume.js';
import type { Verdict } from './verdict.js';

const concurrency = 16;

/**
 * Admits each text once: equal texts, near copies, and texts that mean the same are found and, by default,
 * rejected.
 *
 * Three stages: the hash of the normalised text, the words (MinHash), and the embedding. Of equal texts and
 * near copies that arrive at the same time, from whichever processes, exactly one is admitted; of texts that
 * only mean the same too, if the store's vector search sees every insert acknowledged before it.
 *
 * @example
 * ```ts
 * const dedup = new DocumentDeduplicator(store, embeddingModel, 0.95);
 * await dedup.initialize();
 * await dedup.checkAndStore('doc1', 'The quick brown fox jumps over the lazy dog.'); // admitted
 * await dedup.checkAndStore('doc2', 'The  QUICK brown fox jumps over the lazy dog.'); // duplicateOf: 'doc1'
 * ```
 */
export class DocumentDeduplicator {
  readonly #parts: Assembly;
  readonly #turnsOfIds: Turns = new Turns();
  readonly #turnsOfTexts: Turns = new Turns();
  #isReady = false;

  /**
   * @param client - the store; with vector calls if there is a model.
   * @param embeddingModel - null or undefined: texts are not compared by meaning.
   * @param threshold - from which cosine similarity on two texts mean the same. Default 0.95; measure it for your model.
   * @throws InvalidArgumentError if an option is wrong.
   * @throws UnsupportedError if the store lacks a guarantee, or vector calls.
   */
  constructor(
    client: KvStore,
    embeddingModel?: EmbeddingModel | null,
    threshold = 0.95,
    options: DeduplicatorOptions = {},
  ) {
    this.#parts = assemble(client, embeddingModel ?? null, threshold, options);
  }

  /**
   * Prepares the store. The other methods call it if you do not; again does no harm.
   *
   * @throws ModelMismatchError when the documents there were stored with another model, or without one.
   * @throws InvalidArgumentError when the namespace holds vectors of another class or prefix.
   */
  async initialize(options: CallOptions = {}): Promise<void> {
    await this.#ready(this.#budget(options));
  }

  /**
   * Stores a document unless it duplicates another one. Storing the same content under the same id again
   * changes nothing; new content replaces the old, and is compared like a new document's.
   *
   * Two calls for one id do not mix: the second waits for the first.
   *
   * @throws InvalidArgumentError if the id or the content is no text, or longer than `maxContentLength`.
   * @throws EmbeddingError when the model answers with anything but a finite vector; what the model throws is
   * passed on. With `embedderFailure: 'admit'` neither.
   * @throws OutcomeUnknownError when it cannot be known whether it was stored. Calling again completes it.
   * @throws ContentionError when it could not be decided upon; nothing was stored.
   */
  async checkAndStore(
    docId: string,
    content: string,
    options: CallOptions = {},
  ): Promise<DeduplicationResult> {
    checkId(docId, 'docId');
    const { settings } = this.#parts;
    checkContent(content, settings.maxContentLength);
    const budget = this.#budget(options);
    return this.#turnsOfIds.take(docId, budget, async () => {
      await this.#ready(budget);
      const bare = await fingerprintOf(content, settings.minWords);
      // Equal texts take turns, so that of a burst of copies only the first in each process contends.
      return this.#turnsOfTexts.take(bare.hash, budget, () => this.#store(docId, content, bare, budget));
    });
  }

  /**
   * Removes a document: gives back what it claimed, and decides upon its aliases anew, the oldest first: it
   * is admitted, and so are others unless they duplicate it. True if there was one.
   *
   * @throws OutcomeUnknownError also when it is removed, and what follows was cut off: calling it again, or
   * `repair`, does the rest.
   */
  async removeDocument(docId: string, options: CallOptions = {}): Promise<boolean> {
    checkId(docId, 'docId');
    const budget = this.#budget(options);
    await this.#ready(budget);
    const { table, ledger, settlement } = this.#parts;
    for (;;) {
      if (isGone(await table.read(docId, budget))) return false;
      const allotted = await ledger.allot(docId, budget);
      const { isDone, state } = await table.update(docId, remove(allotted), budget);
      const isFenced = !isDone && isThere(state);
      if (isFenced) continue;
      await afterWrite(`${JSON.stringify(docId)} is removed`, 'remove it again, or run repair()', () =>
        settlement.settle(docId, allotted, budget, state),
      );
      return isDone;
    }
  }

  /** What is known of a document, or null. One round trip. */
  async get(docId: string, options: CallOptions = {}): Promise<StoredDocument | null> {
    checkId(docId, 'docId');
    return storedDocument(docId, await this.#parts.table.read(docId, this.#budget(options)));
  }

  /** All documents and aliases, in no order. */
  async *documents(options: CallOptions = {}): AsyncGenerator<StoredDocument> {
    const budget = this.#budget(options);
    for await (const entries of this.#parts.ledger.shards(budget)) {
      const documents = await mapBounded([...entries.keys()], concurrency, async (id) =>
        storedDocument(id, await this.#parts.table.read(id, budget)),
      );
      for (const document of documents) {
        if (document) yield document;
      }
    }
  }

  /**
   * Embeds what was stored while the embedder was down, and compares its meaning. Documents that were admitted stay;
   * one that resembles another is marked for review and returned as such. Aliases are decided upon anew.
   *
   * @throws what the model throws, once it was asked for the others too, or failed for 8 in turn. What was done is
   * kept.
   */
  async resume(options: CallOptions = {}): Promise<ResumedDocument[]> {
    const budget = this.#budget(options);
    await this.#ready(budget);
    return resumeAll(this.#parts, budget);
  }

  /**
   * Ends what crashed calls left behind and brings back what the index has lost. Waits `leaseMs` where a call
   * may still be under way. Safe at any time, by any number of processes.
   */
  async repair(options: DeduplicationRunOptions = {}): Promise<DeduplicationReport> {
    const budget = this.#budget(options);
    await this.#ready(budget);
    return this.#parts.repair.repair(options, budget);
  }

  /** What `repair` would find. Changes nothing. */
  async verify(options: DeduplicationRunOptions = {}): Promise<DeduplicationReport> {
    return this.#parts.repair.verify(options, this.#budget(options));
  }

  /** Each call within its own limits: one that is cut off must not fail the others. */
  async #ready(budget: CallBudget): Promise<void> {
    if (this.#isReady) return;
    await this.#parts.prepare(budget);
    this.#isReady = true;
  }

  async #store(
    id: string,
    content: string,
    bare: Fingerprint,
    budget: CallBudget,
  ): Promise<DeduplicationResult> {
    const { settings, inquiry, embedding, admission } = this.#parts;
    const known = await inquiry.byText(id, bare, budget);
    if (known) return resultOf(known);
    const fingerprint = await embedding.add(bare, content, budget);
    const similar = fingerprint.vector && (await inquiry.byMeaning(id, fingerprint, budget));
    if (similar) return resultOf(similar);
    const { policy } = settings;
    const verdict = await admission.decide({ id, fingerprint, policy }, budget);
    return resultOf(verdict, await this.#conclude(id, verdict, budget));
  }

  /** What was decided is durable, and noted in the record is what follows: null, or what cut that off. */
  async #conclude(id: string, verdict: Verdict, budget: CallBudget): Promise<unknown> {
    try {
      await this.#parts.settlement.conclude(id, verdict, budget);
      return null;
    } catch (error) {
      return error;
    }
  }

  #budget(options: CallOptions): CallBudget {
    return new CallBudget(options, this.#parts.settings.clock);
  }
}

function checkContent(content: string, maxLength: number): void {
  checkString('content', content);
  if (content.length <= maxLength) return;
  throw new InvalidArgumentError(
    `content is ${content.length} characters long; use up to ${maxLength}, split it, or set maxContentLength`,
  );
}
