import type { KvStore } from '@norikv/store';
import type { CallBudget } from '../core/call-budget.js';
import { createEmbedder } from '../core/embedder.js';
import type { EmbeddingModel } from '../core/embedding-model.js';
import { Ledger } from '../core/ledger.js';
import { LimitedUpdater } from '../core/limited-updater.js';
import { prepareSpace } from '../core/prepare-space.js';
import { tombstoneMs } from '../core/record-state.js';
import { StoredVectors } from '../core/stored-vectors.js';
import type { VectorSpace } from '../core/vector-space.js';
import { Admission } from './admission.js';
import { DocumentTable } from './document-table.js';
import { Embedding } from './embedding.js';
import { FingerprintIndex } from './fingerprint-index.js';
import { Inquiry } from './inquiry.js';
import { KeyIndex } from './key-index.js';
import type { DeduplicatorOptions } from './options.js';
import { DeduplicationRepair } from './repair.js';
import { Rivals } from './rivals.js';
import { checkStore, type Settings, settingsOf, vectorStoreOf } from './settings.js';
import { Settlement } from './settlement.js';

/** The parts of a deduplicator. */
export interface Assembly {
  readonly settings: Settings;
  readonly table: DocumentTable;
  readonly ledger: Ledger;
  readonly embedding: Embedding;
  readonly inquiry: Inquiry;
  readonly admission: Admission;
  readonly settlement: Settlement;
  readonly repair: DeduplicationRepair;
  /** Records the model and creates the namespace. */
  prepare(budget: CallBudget): Promise<void>;
}

const vectorCalls = 16;

/** Puts a deduplicator together. Its parts share one updater, and so one queue for each key. */
export function assemble(
  client: KvStore,
  model: EmbeddingModel | null,
  threshold: number,
  options: DeduplicatorOptions,
): Assembly {
  const settings = settingsOf(model !== null, threshold, options);
  checkStore(client, options.unsafeAllowNonAtomicCas);
  const { namespace, prefix, policy, thresholds, bandLimit, maxAliases, clock, random } = settings;
  const updater = new LimitedUpdater(client, { clock, random });
  const embedder = model && createEmbedder(model, { clock: options.clock });
  const { dimensions = 0, fingerprint = '' } = embedder ?? {};
  const space: VectorSpace = { namespace, dimensions, distance: 'cosine', fingerprint };
  const calls = { concurrency: vectorCalls, clock, random };
  const vectors = model && new StoredVectors(vectorStoreOf(client), space, calls);

  const index = new FingerprintIndex(new KeyIndex(updater, prefix, bandLimit), vectors, thresholds.review);
  const fenceMs = client.capabilities?.ttl === 'none' ? undefined : tombstoneMs;
  const table = new DocumentTable(updater, prefix, fenceMs);
  const ledger = new Ledger(updater, prefix);
  const rivals = new Rivals(table, thresholds, settings);
  const admission = new Admission({ table, index, ledger, rivals, maxAliases, clock });
  const settlement = new Settlement({ table, index, ledger, admission });
  return {
    settings,
    table,
    ledger,
    embedding: new Embedding(embedder, space, settings.admitsUnembedded),
    inquiry: new Inquiry({ table, index, rivals, policy }),
    admission,
    settlement,
    repair: new DeduplicationRepair({ table, index, ledger, rivals, settlement }),
    prepare: (budget) => prepareSpace(updater, prefix, space, vectors, budget),
  };
}
