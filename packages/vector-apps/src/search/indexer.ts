import type { CallOptions } from '@norikv/store';
import { isDamaged } from '../core/damage.js';
import type { Embedder } from '../core/embedder.js';
import { isVectorMissing } from '../core/stored-vectors.js';
import { Turns } from '../core/turns.js';
import type { VectorRecord } from '../core/vector-record.js';
import type { VectorRecords } from '../core/vector-records.js';
import type { ChunkingOptions } from './chunking.js';
import { type SearchDocument, type StoredDocument, storedDocument, textsOf } from './document.js';
import type { LexicalLeg } from './lexical-leg.js';
import type { IndexOutcome } from './options.js';

/** What indexing needs. */
export interface IndexerAccess<Metadata extends object> {
  readonly records: VectorRecords<StoredDocument<Metadata>>;
  readonly embedder: Embedder;
  readonly leg: LexicalLeg | undefined;
  readonly chunking: ChunkingOptions | false;
}

/** Writes and removes documents; those of one id in the order of the calls. */
export class Indexer<Metadata extends object> {
  readonly #access: IndexerAccess<Metadata>;
  readonly #turns: Turns = new Turns();

  constructor(access: IndexerAccess<Metadata>) {
    this.#access = access;
  }

  async index(
    document: SearchDocument<Metadata>,
    force: boolean,
    options: CallOptions,
  ): Promise<IndexOutcome> {
    const { records, embedder, leg, chunking } = this.#access;
    const { id } = document;
    const data = storedDocument(document, chunking, embedder.fingerprint);
    records.checkFits(id, data);
    const budget = records.budget(options);
    return this.#turns.take(id, budget, async () => {
      const current = force ? null : await this.#current(id, budget.next());
      const vectors = current && (await this.#keptVectors(current, data, budget.next()));
      if (vectors === 'unchanged') {
        leg?.note(id, current);
        return 'unchanged';
      }
      const made = vectors ?? (await embedder.embed(textsOf(data), budget.next()));
      const written = await records.put(id, data, made, budget.next());
      leg?.note(id, written);
      return 'indexed';
    });
  }

  async delete(id: string, options: CallOptions): Promise<boolean> {
    const { records, leg } = this.#access;
    const budget = records.budget(options);
    return this.#turns.take(id, budget, async () => {
      const existed = await records.delete(id, budget.next());
      leg?.note(id, null);
      return existed;
    });
  }

  /** One that cannot be read is written anew. */
  async #current(id: string, options: CallOptions): Promise<VectorRecord<StoredDocument<Metadata>> | null> {
    try {
      return await this.#access.records.get(id, options);
    } catch (error) {
      if (isDamaged(error)) return null;
      throw error;
    }
  }

  /** The vectors the text has already; that they are there is not believed without a look. */
  async #keptVectors(
    current: VectorRecord<StoredDocument<Metadata>>,
    { textHash, metadata }: StoredDocument<Metadata>,
    options: CallOptions,
  ): Promise<readonly Float32Array[] | 'unchanged' | null> {
    const { records } = this.#access;
    if (current.data.textHash !== textHash) return null;
    if (JSON.stringify(current.data.metadata) === JSON.stringify(metadata)) {
      return (await records.hasVectors(current, options)) ? 'unchanged' : null;
    }
    try {
      return await records.vectorsOf(current, options);
    } catch (error) {
      if (isVectorMissing(error)) return null;
      throw error;
    }
  }
}
