import type { UpdaterOptions } from '@norikv/cas-retry';
import {
  bytesToString,
  InvalidArgumentError,
  type KvStore,
  requireCapabilities,
  stringToBytes,
} from '@norikv/store';
import { checkAtOnce, checkFunction, checkObject } from '@norikv/store/checks';
import type { JsonData, NewEvent, RecordedEvent } from '../events/event-types.js';
import type { Protection } from '../events/options.js';
import { corrupt } from '../log/record.js';
import { SubjectKeys } from './subject-keys.js';

/** Options of {@link createErasure}: those of the updater, and these. */
export interface ErasureOptions extends UpdaterOptions {
  /** The subject that an event is about; undefined stores it as it is. Called when the event is appended. */
  readonly subjectOf: (aggregateId: string, event: NewEvent) => string | undefined;
  /** The data to give in place of what cannot be read any more. Default null. */
  readonly erasedData?: ((event: RecordedEvent) => JsonData) | undefined;
  /** Begins every key. Default `events`. */
  readonly prefix?: string | undefined;
  /** Accepts a store that does not declare the guarantees needed. */
  readonly unsafeAllowNonAtomicCas?: boolean | undefined;
}

/** Encrypts events by subject, and forgets subjects. */
export interface Erasure extends Protection {
  /**
   * Deletes the key of a subject: its data is then unreadable wherever it lies, in streams, orphans, caches
   * and backups of the streams. Backups of the keys must be deleted as well. False if that was done before.
   */
  erase(subject: string): Promise<boolean>;
}

/**
 * Makes the data of events erasable: each subject has a key of its own (AES-GCM, 256 bits), bound to stream
 * and event id, and erasing means deleting the key.
 *
 * Only `data` is encrypted: keep personal data out of stream names, types, ids and metadata. An event whose key
 * was deleted keeps its place, with `metadata.erased` set. Pass it as `protection` to the event
 * store. Keys are looked up for each read, one more round trip.
 *
 * Encrypted data differs each time, so repeated appends are compared by ids and types alone: a `commitId` reused
 * with other data answers with the events of its first use, not with `IdReusedError`.
 *
 * It reaches the events, and nothing that projections and handlers have made of them: keep personal data out of
 * those.
 *
 * @example
 * ```ts
 * const erasure = createErasure(client, { subjectOf: (aggregateId) => aggregateId });
 * const store = new EventStore(client, { protection: erasure });
 * await erasure.erase('customer-7');
 * ```
 */
export function createErasure(client: KvStore, options: ErasureOptions): Erasure {
  checkObject('options', options);
  const { subjectOf, erasedData = () => null, prefix = 'events', unsafeAllowNonAtomicCas, ...rest } = options;
  checkFunction('subjectOf', subjectOf);
  checkFunction('erasedData', erasedData);
  const needs = ['atomicCas', 'createIfAbsent', 'linearizableReads'] as const;
  requireCapabilities(client, 'createErasure', needs, unsafeAllowNonAtomicCas);
  const keys = new SubjectKeys(client, prefix, rest);
  return {
    async seal(aggregateId, event) {
      const subject = checkAtOnce('subjectOf()', subjectOf(aggregateId, event));
      if (subject === undefined && !isSealed(event.data)) return event;
      if (subject === undefined) {
        throw new InvalidArgumentError(
          'data has the properties of sealed data (sealedFor, sealed, iv); rename one',
        );
      }
      const key = await keys.obtain(subject);
      const iv = crypto.getRandomValues(new Uint8Array(12));
      const plain = stringToBytes(JSON.stringify(event.data ?? null));
      const sealed = await crypto.subtle.encrypt(
        cipher(iv, aggregateId, event.id, subject),
        key,
        owned(plain),
      );
      return {
        ...event,
        data: { sealedFor: subject, iv: base64(iv), sealed: base64(new Uint8Array(sealed)) },
      };
    },
    async open(event) {
      const { aggregateId, id, data } = event;
      if (!isSealed(data)) return event;
      const key = await keys.find(data.sealedFor);
      if (key === 'erased') {
        return { ...event, data: erasedData(event), metadata: { ...event.metadata, erased: true } };
      }
      if (key === 'absent') {
        throw corrupt(
          `of event "${id}" of "${aggregateId}" was sealed with a key of another prefix or store`,
        );
      }
      const algorithm = cipher(owned(Buffer.from(data.iv, 'base64')), aggregateId, id, data.sealedFor);
      try {
        const plain = await crypto.subtle.decrypt(algorithm, key, owned(Buffer.from(data.sealed, 'base64')));
        return { ...event, data: JSON.parse(bytesToString(new Uint8Array(plain))) };
      } catch {
        throw corrupt(`of event "${id}" of "${aggregateId}" was sealed for another place or is damaged`);
      }
    },
    erase: (subject) => keys.erase(subject),
  };
}

interface Sealed {
  readonly sealedFor: string;
  readonly iv: string;
  readonly sealed: string;
}

/** What Web Crypto calls AES-GCM with its parameters. */
interface Cipher {
  readonly name: 'AES-GCM';
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly additionalData: Uint8Array<ArrayBuffer>;
}

function isSealed(data: unknown): data is Sealed {
  return typeof data === 'object' && data !== null && 'sealedFor' in data && 'sealed' in data && 'iv' in data;
}

function cipher(iv: Uint8Array<ArrayBuffer>, aggregateId: string, id: string, subject: string): Cipher {
  const additionalData = owned(stringToBytes(JSON.stringify([aggregateId, id, subject])));
  return { name: 'AES-GCM', iv, additionalData };
}

/** Web Crypto wants bytes that lie in a buffer of their own kind. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
