export type { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
export type { Cache, Found } from './cache.js';
export { CachedClient, type CachedClientOptions, type CachedClientStats } from './cached-client.js';
export { type CacheCodec, jsonCacheCodec } from './codec.js';
export { createCache } from './create-cache.js';
export { LoadTimeoutError } from './errors.js';
export type { CacheEvent, CacheStats } from './events.js';
export type { LoadContext, Loader } from './loader.js';
export type {
  CacheOptions,
  CallEntryOptions,
  EntryOptions,
  NamespaceOptions,
  SetOptions,
} from './options.js';
