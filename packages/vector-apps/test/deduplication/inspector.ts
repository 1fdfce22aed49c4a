import { createUpdater, jsonCodec } from '@norikv/cas-retry';
import type { KvStore, VectorStore } from '@norikv/store';
import { parseVectorId } from '../../src/core/vector-id.js';
import { compare } from '../../src/deduplication/comparison.js';
import {
  type DocumentState,
  documentCodec,
  liveRevisions,
  unknownDocument,
} from '../../src/deduplication/document-state.js';

/** Sees every key that was ever written, and every document that was ever admitted. */
export class Inspector {
  readonly store: KvStore;
  readonly everAdmitted = new Set<string>();
  readonly #keys = new Set<string>();

  constructor(base: KvStore) {
    const written = async (key: string): Promise<void> => {
      this.#keys.add(key);
      const id = key.split(':doc/')[1];
      if (id === undefined) return;
      const state = await createUpdater(base).read(key, documentCodec);
      if (state?.standing) this.everAdmitted.add(id);
    };
    this.store = new Proxy(base, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== 'put') return typeof value === 'function' ? value.bind(target) : value;
        return async (...call: Parameters<KvStore['put']>) => {
          const version = await target.put(...call);
          await written(String(call[0]));
          return version;
        };
      },
    });
  }

  /** The documents as they are now. */
  async documents(): Promise<Map<string, DocumentState>> {
    const states = new Map<string, DocumentState>();
    for (const key of this.#keys) {
      const id = key.split(':doc/')[1];
      const state = id === undefined ? undefined : await createUpdater(this.store).read(key, documentCodec);
      if (id !== undefined && state) states.set(id, state);
    }
    return states;
  }

  /** Pairs of admitted documents that are duplicates by text. */
  async doubles(): Promise<string[]> {
    const standing = [...(await this.documents())].flatMap(([id, state]) =>
      state.standing ? [{ id, fingerprint: state.standing.fingerprint }] : [],
    );
    return standing.flatMap((left, place) =>
      standing.slice(place + 1).flatMap((right) => {
        const found = compare(left.fingerprint, right.fingerprint, { near: 0.4, semantic: null, review: 1 });
        return found?.verdict === 'duplicate' ? [`${left.id} = ${right.id}`] : [];
      }),
    );
  }

  /** Claims, entries of bands, and vectors that lead to no content. */
  async ghosts(vectors?: VectorStore): Promise<string[]> {
    const documents = await this.documents();
    const ghosts: string[] = [];
    for (const key of this.#keys) {
      if (!key.includes(':hash/') && !key.includes(':band/')) continue;
      const entries = await createUpdater(this.store).read(key, entriesCodec);
      for (const [id, generation] of entries ?? []) {
        const state = documents.get(id);
        const leads = state && liveRevisions(state).some((one) => one.generation === generation);
        if (!leads) ghosts.push(`${key}: ${id}#${generation}`);
      }
    }
    const found = await vectors?.vectorSearch('doc_fingerprints', [1, 0, 0, 0, 0, 0], 1_000);
    for (const { id } of found?.matches ?? []) {
      const name = parseVectorId(id);
      const revisions = liveRevisions(documents.get(name?.id ?? '') ?? unknownDocument);
      if (!revisions.some(({ generation }) => generation === name?.generation)) ghosts.push(`vector ${id}`);
    }
    return ghosts;
  }
}

const entriesCodec = jsonCodec((data) => data as readonly (readonly [string, number])[]);
