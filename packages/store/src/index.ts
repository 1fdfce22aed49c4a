export { bytesEqual, bytesToString, stringToBytes } from './bytes.js';
export { type Capabilities, type Guarantee, requireCapabilities } from './capabilities.js';
export { type CancelTimer, type Clock, systemClock } from './clock.js';
export { errorCode, isAlreadyExists, isKeyNotFound, isVersionMismatch } from './error-guards.js';
export {
  AlreadyExistsError,
  CancelledError,
  ClosedError,
  DeadlineExceededError,
  type ErrorFacts,
  InvalidArgumentError,
  isNoriKVError,
  KeyNotFoundError,
  type MismatchFacts,
  NoriKVError,
  type Outcome,
  ResourceExhaustedError,
  type StoreErrorCode,
  UnavailableError,
  UnsupportedError,
  VersionMismatchError,
} from './errors.js';
export { find } from './find.js';
export type {
  CallOptions,
  Consistency,
  DeleteOptions,
  Entry,
  GetOptions,
  GetResult,
  Key,
  KvStore,
  PutOptions,
  Value,
} from './kv-store.js';
export {
  type Condition,
  checkDurationMs,
  conditionOf,
  keyToBytes,
  type SizeLimits,
  valueToBytes,
} from './validate.js';
export type {
  DistanceFunction,
  VectorGetOptions,
  VectorIndexType,
  VectorMatch,
  VectorSearchOptions,
  VectorSearchResult,
  VectorStore,
  VectorWriteOptions,
} from './vector-store.js';
export { isZeroVersion, type Version, versionsEqual } from './version.js';
