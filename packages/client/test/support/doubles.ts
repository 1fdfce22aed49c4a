import { status } from '@grpc/grpc-js';
import { errorCode, find, type PutOptions } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { honouredKey, methods } from '../../src/wire.js';
import { RawServer } from './raw-server.js';

/** How a double differs from a server that keeps the contract. */
export interface Lies {
  /** It claims every guarantee on the extension service; otherwise it does not know that service. */
  readonly claimsAll?: boolean;
  /** It takes conditions and writes anyway, as a server does that does not know the field. */
  readonly ignoresConditions?: boolean;
  /** It answers a condition of {0, 0} with FAILED_PRECONDITION in every case, as the public server does. */
  readonly knowsNoCreate?: boolean;
  /** It takes a TTL and keeps the key for ever. */
  readonly forgetsTtl?: boolean;
  /** A put answers with another version than the next get shows. */
  readonly putVersionsDiffer?: boolean;
  /** It names what it has honoured, whether it has or not. */
  readonly claimsHonoured?: boolean;
}

/** A server over a memory store that is not what it should be. */
export async function startDouble(lies: Lies): Promise<RawServer> {
  const store = createMemoryStore();
  const server = new RawServer()
    .answer(methods.put, async ({ key, value, ifMatch, ttlMs }) => {
      const isCreate = ifMatch?.term === 0n && ifMatch.index === 0n;
      if (isCreate && lies.knowsNoCreate) {
        return { refuse: { code: status.FAILED_PRECONDITION, details: 'version mismatch' } };
      }
      const options: PutOptions = {
        ...(ifMatch &&
          !lies.ignoresConditions && { ifMatchVersion: { term: ifMatch.term, index: ifMatch.index } }),
        ...(ttlMs > 0n && !lies.forgetsTtl && { ttlMs: Number(ttlMs) }),
      };
      try {
        const { term, index } = await store.put(key, value, options);
        const version = { term: lies.putVersionsDiffer ? term + 7n : term, index };
        return lies.claimsHonoured
          ? { version, meta: { [honouredKey]: 'if_match,ttl_ms,idempotency_key' } }
          : { version };
      } catch (error) {
        const code =
          errorCode(error) === 'ALREADY_EXISTS' ? status.ALREADY_EXISTS : status.FAILED_PRECONDITION;
        return { refuse: { code, details: 'version mismatch' } };
      }
    })
    .answer(methods.get, async ({ key, consistency }) => {
      if (!['', 'strong', 'eventual', 'bounded_staleness'].includes(consistency) && !lies.claimsAll) {
        return { refuse: { code: status.INVALID_ARGUMENT, details: `consistency ${consistency}` } };
      }
      const entry = await find(store, key);
      if (!entry) return {};
      const { term, index } = entry.version;
      return { value: new Uint8Array(entry.value), version: { term, index } };
    })
    // As the public server: conditions of deletes are ignored, and every delete says it deleted something.
    .answer(methods.delete, async ({ key }) => {
      await store.delete(key);
      return { tombstoned: true };
    });
  if (lies.claimsAll) {
    server.answer(methods.describe, () => ({
      engine: 'a double that claims all',
      atomicCas: true,
      createIfAbsent: true,
      deleteCas: true,
      linearizableReads: true,
      putVersionUsable: true,
      ttl: 'exact',
      durableAck: true,
      idempotency: 'durable',
      maxKeyBytes: 1_024,
      maxValueBytes: 2 ** 20,
    }));
  }
  return server.listen();
}
