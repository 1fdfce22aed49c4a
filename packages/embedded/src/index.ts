export type { EmbeddedStats, EmbeddedStore } from './embedded-store.js';
export {
  DamagedStoreError,
  ForeignFilesError,
  NewerFormatError,
  PathUnusableError,
  StoreInUseError,
} from './errors.js';
export { createEphemeral, openEmbedded } from './open.js';
export type { Durability, EmbeddedOptions } from './options.js';
export { restoreBackup } from './restore.js';
export type {
  FilteredSearchOptions,
  HnswStats,
  InsertManyOptions,
  NamespaceStats,
  VectorFilter,
  VectorItem,
  VectorStats,
} from './vector-options.js';
