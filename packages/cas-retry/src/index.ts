export {
  type Backoff,
  type BackoffScale,
  decorrelatedJitter,
  equalJitter,
  fullJitter,
  noJitter,
} from './backoff.js';
export { type CasRetryOptions, casRetry } from './cas-retry.js';
export { type Codec, jsonCodec } from './codec.js';
export { delay } from './delay.js';
export {
  ContentionError,
  CorruptRecordError,
  OperationIdReusedError,
  OutcomeUnknownError,
  RecordTooLargeError,
} from './errors.js';
export type { UpdateEvent, UpdateListener } from './events.js';
export type { UpdaterOptions } from './settings.js';
export { type Change, keep, remove, type Transition, write } from './transition.js';
export { createUpdater, type UpdateOptions, type Updater } from './updater.js';
