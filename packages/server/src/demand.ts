import { type KvStore, UnsupportedError } from '@norikv/store';

/** What the store does not declare is refused here, for clients that do not ask first. */
export function demand(
  { capabilities }: KvStore,
  guarantee: 'atomicCas' | 'createIfAbsent' | 'deleteCas' | 'ttl' | 'idempotency' | undefined,
  field: string,
): void {
  if (guarantee === undefined) return;
  const offered = capabilities?.[guarantee];
  if (offered && offered !== 'none') return;
  throw new UnsupportedError(`The store behind this server does not keep ${field}; nothing was applied`);
}
