export {
  AlreadyExistsError,
  bytesToString,
  type CallOptions,
  CancelledError,
  type Capabilities,
  ClosedError,
  type Consistency,
  type Consistency as ConsistencyLevel,
  DeadlineExceededError,
  type DeleteOptions,
  type DistanceFunction,
  type Entry,
  errorCode,
  type GetOptions,
  type GetResult,
  InvalidArgumentError,
  isAlreadyExists,
  isKeyNotFound,
  isNoriKVError,
  isVersionMismatch,
  type Key,
  KeyNotFoundError,
  KeyNotFoundError as NotFoundError,
  NoriKVError,
  type PutOptions,
  ResourceExhaustedError,
  stringToBytes,
  UnavailableError,
  UnavailableError as ConnectionError,
  UnsupportedError,
  type Value,
  type VectorGetOptions,
  type VectorIndexType,
  type VectorMatch,
  type VectorSearchOptions,
  type VectorSearchResult,
  type VectorWriteOptions,
  type Version,
  VersionMismatchError,
} from '@norikv/store';
export type { Backend, ClientStats, NodeStats } from './backend.js';
export type { MetadataHook, Token } from './call-metadata.js';
export { createClient, NoriKVClient } from './client.js';
export type { ClientConfig, RetryConfig } from './config.js';
export { createEphemeral, EphemeralNoriKV, type EphemeralOptions } from './ephemeral.js';
export type { EphemeralServerOptions } from './ephemeral-server.js';
export { EphemeralServerError, NotLeaderError, type NotLeaderFacts } from './errors.js';
export { getShardForKey, jumpConsistentHash, xxhash64 } from './hash.js';
export type { TlsOptions, TlsSource } from './tls.js';
export type {
  ClusterNode,
  ClusterView,
  ShardInfo,
  ShardReplica,
  TopologyChange,
  TopologyListener,
} from './topology.js';
