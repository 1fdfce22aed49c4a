/** What the sources of a package may import. */
export interface Arrows {
  /** Sibling packages, by folder name. */
  readonly siblings: readonly string[];
  /** Siblings only the package's command may use: out of reach of `src/index.ts`. */
  readonly commandOnly?: readonly string[];
  /** Packages of others. */
  readonly thirdParty?: readonly string[];
}

const pattern: Arrows = { siblings: ['store', 'cas-retry'] };

/** The house: a package that is not here, or imports what is not here, fails the test. */
export const arrowsOf: Readonly<Record<string, Arrows>> = {
  store: { siblings: [] },
  testkit: { siblings: ['store'] },
  // usearch is an optional peer.
  embedded: { siblings: ['store'], thirdParty: ['lmdb', 'usearch'] },
  // embedded is an optional peer, for createEphemeral.
  client: { siblings: ['store', 'embedded'], thirdParty: ['@bufbuild/protobuf'] },
  server: { siblings: ['store', 'client'], commandOnly: ['embedded'], thirdParty: ['yaml', 'usearch'] },
  etcd: { siblings: ['store'], thirdParty: ['@grpc/grpc-js'] },
  'cas-retry': { siblings: ['store'] },
  counter: pattern,
  inventory: pattern,
  lease: pattern,
  session: pattern,
  'rate-limit': pattern,
  eventstore: pattern,
  cache: { ...pattern, thirdParty: ['lru-cache'] },
  tenancy: pattern,
  'vector-apps': { ...pattern, thirdParty: ['minisearch'] },
};
