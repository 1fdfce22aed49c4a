export type { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
export { Aggregate } from './commands/aggregate.js';
export { type CommandHandler, createCommandHandler } from './commands/command-handler.js';
export type { CommandHandlerOptions } from './commands/command-handler-options.js';
export type { CommandResult } from './commands/command-result.js';
export type { Decider, Decision } from './commands/decider.js';
export { given, type Outcome, type Scenario } from './commands/given.js';
export { createErasure, type Erasure, type ErasureOptions } from './erasure/erasure.js';
export {
  CheckpointLostError,
  EventInvalidError,
  EventTooLargeError,
  IdReusedError,
  ParkingFullError,
  StreamClosedError,
  StreamConflictError,
  type StreamConflictFacts,
  SubjectErasedError,
} from './errors.js';
export { EventStore } from './events/event-store.js';
export {
  categoryOf,
  type EventMetadata,
  type EventOfType,
  type EventShape,
  type JsonData,
  type NewEvent,
  type RecordedEvent,
} from './events/event-types.js';
export type { ExpectedVersion } from './events/expected.js';
export type {
  AppendOptions,
  AppendResult,
  ChangeOptions,
  EventStoreOptions,
  EventValidator,
  LifeOptions,
  Protection,
  ReadOptions,
  StreamSlice,
  Upcast,
} from './events/options.js';
export type { Outbox } from './events/outbox.js';
export type { Loaded, Reducer, SnapshotSource } from './events/reducer.js';
export { type EventsOf, validateWith } from './events/validation.js';
export type {
  CatchUpOptions,
  ConsumerOptions,
  ErrorPolicy,
  HandlingContext,
  ParkedEvent,
  Retried,
  StartFrom,
} from './feed/consumer-options.js';
export { EventConsumer } from './feed/event-consumer.js';
export { EventFeed, type EventFeedOptions, type FeedItem } from './feed/event-feed.js';
export type { Pointer } from './feed/pointer.js';
export { Projection, type ProjectionOptions } from './feed/projection.js';
export type { FeedMark, Snapshot } from './log/head.js';
export { SnapshotStore, type SnapshotStoreOptions } from './snapshot-store.js';
