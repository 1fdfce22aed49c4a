import type { CallBudget } from '../core/call-budget.js';
import { mapBounded } from '../core/map-bounded.js';
import type { StoredVectors } from '../core/stored-vectors.js';
import { parseVectorId } from '../core/vector-id.js';
import { type DocumentState, liveRevisions, type Revision } from './document-state.js';
import { decodeSignature, decodeVector, type Fingerprint } from './fingerprint.js';
import type { IndexEntry } from './index-entry.js';
import type { KeyIndex } from './key-index.js';
import { bandsOf } from './min-hash.js';

/** Calls for one text that run at a time: its bands and its claim go in parallel. */
const concurrency = 64;
const firstSearch = 16;

/** Finds the contents that may be similar to one: by claims, bands and vectors. */
export class FingerprintIndex {
  readonly #keys: KeyIndex;
  readonly #vectors: StoredVectors | null;
  readonly #searchTo: number;

  /** @param searchTo - the least cosine similarity that matters. */
  constructor(keys: KeyIndex, vectors: StoredVectors | null, searchTo: number) {
    this.#keys = keys;
    this.#vectors = vectors;
    this.#searchTo = searchTo;
  }

  /** Who holds the claim and who is in the bands. One batch of parallel reads. */
  async look(fingerprint: Fingerprint, budget: CallBudget): Promise<IndexEntry[]> {
    return (await this.#entriesOf(fingerprint, budget)).flat();
  }

  /** The neighbours of the embedding, all that matter. One vector call, seldom more. */
  async lookAround({ vector }: Fingerprint, budget: CallBudget): Promise<IndexEntry[]> {
    if (!vector || !this.#vectors) return [];
    const query = decodeVector(vector);
    for (let count = firstSearch; ; count *= 4) {
      const found = await this.#vectors.search(query, count, budget);
      const near = found.filter(({ distance }) => 1 - distance >= this.#searchTo - rounding);
      if (near.length === count) continue;
      return near.flatMap(({ id }) => {
        const name = parseVectorId(id);
        return name ? [{ id: name.id, generation: name.generation, place: 'vector' }] : [];
      });
    }
  }

  /**
   * Enters a content everywhere it can be found, and returns all others that were there. Of two similar
   * contents that are entered at the same time, at least one is told of the other.
   */
  async publish(
    id: string,
    { generation, fingerprint }: Revision,
    budget: CallBudget,
  ): Promise<IndexEntry[]> {
    const owner = { id, generation };
    const { hash, vector } = fingerprint;
    const enter: (() => Promise<IndexEntry[]>)[] = [
      async () => [await this.#keys.claim(hash, owner, undefined, budget)],
      ...bandsIn(fingerprint).map((band) => () => this.#keys.join(band, owner, budget)),
    ];
    if (vector && this.#vectors) {
      await this.#vectors.insert(id, generation, [decodeVector(vector)], budget);
    }
    const [entries, around] = await Promise.all([
      mapBounded(enter, concurrency, (call) => call()),
      this.lookAround(fingerprint, budget),
    ]);
    return [...entries.flat(), ...around].filter((entry) => entry.id !== id);
  }

  /** Takes a claim over from a content that has lost it. Whoever holds it now. */
  takeClaim(
    id: string,
    { generation, fingerprint }: Revision,
    lost: IndexEntry,
    budget: CallBudget,
  ): Promise<IndexEntry> {
    return this.#keys.claim(fingerprint.hash, { id, generation }, lost, budget);
  }

  /**
   * Removes all traces of a content, unless the document still has it. Another content with the same text keeps
   * the claim, and is the answer: if it is gone meanwhile, its traces are to be removed again.
   */
  async withdraw(
    id: string,
    revision: Revision,
    state: DocumentState,
    budget: CallBudget,
  ): Promise<Revision | null> {
    const { generation, fingerprint } = revision;
    const live = liveRevisions(state);
    if (live.some((one) => one.generation === generation)) return null;
    const owner = { id, generation };
    const { hash, vector } = fingerprint;
    const heir = live.find((one) => one.fingerprint.hash === hash) ?? null;
    const leave: (() => Promise<unknown>)[] = [
      heir
        ? () => this.#keys.claim(hash, { id, generation: heir.generation }, owner, budget)
        : () => this.#keys.release(hash, owner, budget),
      ...bandsIn(fingerprint).map((band) => () => this.#keys.leave(band, owner, budget)),
    ];
    await mapBounded(leave, concurrency, (call) => call());
    if (vector !== null) await this.#vectors?.removeOne({ ...owner, part: 0 }, budget);
    return heir;
  }

  /** Removes one trace of a content that is gone, from where it was found. */
  async prune(entry: IndexEntry, budget: CallBudget): Promise<void> {
    if (entry.place === 'vector') await this.#vectors?.removeOne({ ...entry, part: 0 }, budget);
    else await this.#keys.leave(entry.place, entry, budget);
  }

  /** How many traces of a content are missing, its claim not counted if the document has it. */
  async missing(id: string, { generation, fingerprint }: Revision, budget: CallBudget): Promise<number> {
    const [claims = [], ...bands] = await this.#entriesOf(fingerprint, budget);
    const isVectorMissing =
      fingerprint.vector !== null &&
      this.#vectors !== null &&
      (await this.#vectors.get(id, { generation, vectorCount: 1 }, budget)).includes(null);
    const isIn = (entry: IndexEntry): boolean => entry.id === id && entry.generation === generation;
    return (
      Number(!claims.some((claim) => claim.id === id)) +
      bands.filter((band) => !this.#keys.isFull(band) && !band.some(isIn)).length +
      Number(isVectorMissing)
    );
  }

  /** The claim first, then the bands. */
  #entriesOf(fingerprint: Fingerprint, budget: CallBudget): Promise<IndexEntry[][]> {
    return Promise.all([
      this.#keys.holderOf(fingerprint.hash, budget),
      ...bandsIn(fingerprint).map((band) => this.#keys.membersOf(band, budget)),
    ]);
  }
}

/** Distances on a wire are 32-bit floats. */
const rounding = 1e-5;

function bandsIn({ signature }: Fingerprint): string[] {
  return signature ? bandsOf(decodeSignature(signature)) : [];
}
