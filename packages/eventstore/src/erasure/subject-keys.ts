import { createUpdater, keep, type Updater, type UpdaterOptions, write } from '@norikv/cas-retry';
import type { KvStore } from '@norikv/store';
import { SubjectErasedError } from '../errors.js';
import { checkName, checkPrefix } from '../log/log-keys.js';
import { recordCodec } from '../log/record.js';

/** A key as Web Crypto holds it. */
export type SecretKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** The key of a subject, if it has one: `absent` if it never had any here. */
export type Finding = SecretKey | 'erased' | 'absent';

/** The key of a subject, or a note that it was deleted: a subject never gets a second one. */
type KeyRecord = { readonly key: string } | { readonly isErased: true };

const codec = recordCodec<KeyRecord>('key');

/** Keeps one AES key for each subject. Callers at the same moment share a lookup; nothing is remembered longer. */
export class SubjectKeys {
  readonly #prefix: string;
  readonly #updater: Updater;
  readonly #lookups = new Map<string, Promise<Finding>>();

  constructor(client: KvStore, prefix: string, options: UpdaterOptions) {
    this.#prefix = checkPrefix(prefix);
    this.#updater = createUpdater(client, options);
  }

  /** The key to read with. */
  find(subject: string): Promise<Finding> {
    const underWay = this.#lookups.get(subject);
    if (underWay) return underWay;
    const lookup = this.#updater.read(this.#key(subject), codec).then(imported);
    this.#lookups.set(subject, lookup);
    // Not longer: a caller after an erasure must not get a key that was looked up before it.
    // By a promise, as test runners fake the queue of microtasks.
    void Promise.resolve().then(() => this.#lookups.delete(subject));
    return lookup;
  }

  /** The key to write with, made on first use. @throws SubjectErasedError if it was deleted. */
  async obtain(subject: string): Promise<SecretKey> {
    const known = await this.find(subject);
    const key = known === 'absent' ? await this.#make(subject) : known;
    if (typeof key !== 'string') return key;
    throw new SubjectErasedError(`"${subject}" was erased; nothing was written.`);
  }

  async #make(subject: string): Promise<Finding> {
    const fresh: KeyRecord = {
      key: Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64'),
    };
    const record = await this.#updater.update(this.#key(subject), codec, (current) =>
      current ? keep(current) : write(fresh, fresh),
    );
    return imported(record);
  }

  /** Deletes a key for good. False if that was done before. */
  erase(subject: string): Promise<boolean> {
    return this.#updater.update(this.#key(subject), codec, (current) =>
      current && 'isErased' in current ? keep(false) : write({ isErased: true }, true),
    );
  }

  #key(subject: string): string {
    return `${this.#prefix}:k:${checkName('subject', subject)}`;
  }
}

async function imported(record: KeyRecord | undefined): Promise<Finding> {
  if (!record) return 'absent';
  if ('isErased' in record) return 'erased';
  return crypto.subtle.importKey('raw', Buffer.from(record.key, 'base64'), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ]);
}
