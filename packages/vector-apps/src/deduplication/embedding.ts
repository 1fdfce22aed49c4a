import type { CallBudget } from '../core/call-budget.js';
import type { Embedder } from '../core/embedder.js';
import { checkVector, type VectorSpace } from '../core/vector-space.js';
import { type Fingerprint, withVector } from './fingerprint.js';

/** Adds embeddings to fingerprints. */
export class Embedding {
  readonly #embedder: Embedder | null;
  readonly #space: VectorSpace;
  readonly #mayFail: boolean;

  constructor(embedder: Embedder | null, space: VectorSpace, mayFail: boolean) {
    this.#embedder = embedder;
    this.#space = space;
    this.#mayFail = mayFail;
  }

  /** Adds the embedding; or, if the embedder fails and may, the text to embed it later. */
  async add(fingerprint: Fingerprint, text: string, budget: CallBudget): Promise<Fingerprint> {
    try {
      return await this.addNow(fingerprint, text, budget);
    } catch (error) {
      if (!this.#mayFail || budget.signal?.aborted) throw error;
      return { ...fingerprint, unembedded: text };
    }
  }

  /** Adds the embedding. Without a model, or anything to embed, there is none. */
  async addNow(fingerprint: Fingerprint, text: string, budget: CallBudget): Promise<Fingerprint> {
    if (!this.#embedder || text.trim() === '') return fingerprint;
    const [vector = new Float32Array(0)] = await this.#embedder.embed([text], budget.next());
    checkVector(vector, this.#space);
    return withVector(fingerprint, vector);
  }
}
