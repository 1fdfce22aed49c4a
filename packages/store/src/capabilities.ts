import { UnsupportedError } from './errors.js';
import type { KvStore } from './kv-store.js';

/** What an engine guarantees. Patterns that promise safety refuse an engine that does not. */
export interface Capabilities {
  /** Name of the engine, for messages. */
  readonly engine: string;
  /** Of several conditional puts on one version at most one succeeds. */
  readonly atomicCas: boolean;
  /** `ifNotExists` is checked and applied as one step. */
  readonly createIfAbsent: boolean;
  /** `ifMatchVersion` on a delete is checked and applied as one step. */
  readonly deleteCas: boolean;
  /** A read sees every write acknowledged before it began. */
  readonly linearizableReads: boolean;
  /** The version from a put is the one the next get shows, so it can be used as a condition. */
  readonly putVersionUsable: boolean;
  /** `exact`: gone at most 20 ms late. `coarse`: gone, later. `none`: refused. Never early. */
  readonly ttl: 'exact' | 'coarse' | 'none';
  /** An acknowledged write survives the death of the process and of the machine. */
  readonly durableAck: boolean;
  /** Where idempotency keys are remembered. `node`: lost with that process. */
  readonly idempotency: 'durable' | 'node' | 'none';
  readonly maxKeyBytes: number;
  readonly maxValueBytes: number;
  /** The six vector calls are served. */
  readonly vector: boolean;
}

/** A capability that is a guarantee, not a number. */
export type Guarantee =
  | 'atomicCas'
  | 'createIfAbsent'
  | 'deleteCas'
  | 'linearizableReads'
  | 'putVersionUsable'
  | 'durableAck'
  | 'vector'
  | 'ttl'
  | 'idempotency';

/**
 * Refuses a store that lacks a guarantee.
 *
 * @param user - who needs it, for the message: the name of a class or function.
 * @param needs - the guarantees. `ttl` and `idempotency` are satisfied by anything but `none`.
 * @param unsafe - true if the caller chose to go without; then nothing is refused.
 * @throws UnsupportedError naming what is missing.
 */
export function requireCapabilities(
  store: KvStore,
  user: string,
  needs: readonly Guarantee[],
  unsafe?: boolean,
): void {
  const offered = store?.capabilities;
  const missing = needs.filter((need) => !offered?.[need] || offered[need] === 'none');
  if (unsafe === true || missing.length === 0) return;
  const engine = offered
    ? `The store "${offered.engine}"`
    : 'A store without capabilities (not awaited, not connected?)';
  throw new UnsupportedError(
    `${engine} does not guarantee ${missing.join(', ')}, which ${user} needs. ` +
      'Use one that does (such as @norikv/embedded), or unsafeAllowNonAtomicCas where that is an option.',
  );
}
