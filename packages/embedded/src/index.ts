export type { EmbeddedStore } from './embedded-store.js';
export type { EmbeddedStats } from './engine.js';
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
