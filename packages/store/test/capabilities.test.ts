import { describe, expect, it } from 'vitest';
import { type Capabilities, type KvStore, requireCapabilities, UnsupportedError } from '../src/index.js';

const everything: Capabilities = {
  engine: 'test',
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
  vector: false,
};
const storeWith = (capabilities: Capabilities | undefined): KvStore =>
  ({ capabilities }) as unknown as KvStore;

describe('requireCapabilities', () => {
  it('accepts a store that guarantees what is needed', () => {
    requireCapabilities(storeWith(everything), 'Lease', ['atomicCas', 'ttl', 'idempotency']);
  });

  it('refuses a store that does not, naming who needs what', () => {
    const store = storeWith({ ...everything, atomicCas: false, ttl: 'none' });
    const refused = (): void => requireCapabilities(store, 'Lease', ['atomicCas', 'createIfAbsent', 'ttl']);
    expect(refused).toThrow(UnsupportedError);
    expect(refused).toThrow('or unsafeAllowNonAtomicCas where that is an option');
    expect(refused).toThrow(/"test" does not guarantee atomicCas, ttl, which Lease needs/);
  });

  it.each([
    ['a store that declares nothing', storeWith(undefined)],
    ['a promise of a store', Promise.resolve(storeWith(everything))],
    ['no store', undefined],
  ])('assumes nothing of %s, and asks whether it is ready', (_what, store) => {
    expect(() => requireCapabilities(store as KvStore, 'Lease', ['atomicCas'])).toThrow(
      /A store without capabilities \(not awaited, not connected\?\) does not guarantee atomicCas/,
    );
  });

  it('gives way to an explicit choice to be unsafe', () => {
    requireCapabilities(storeWith(undefined), 'Lease', ['atomicCas'], true);
  });

  it.each(['false', 'true', 1])('does not take %j for a decision to go without', (unsafe) => {
    const refused = (): void =>
      requireCapabilities(storeWith(undefined), 'Lease', ['atomicCas'], unsafe as never);
    expect(refused).toThrow(UnsupportedError);
  });
});
