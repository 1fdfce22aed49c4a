export type { SchemaIssue, SchemaResult, StandardSchema } from '@norikv/store/standard-schema';
export {
  SessionDataError,
  type SessionDataFacts,
  SessionLimitError,
  SessionUnavailableError,
  SignInRevokedError,
} from './errors.js';
export type { EndReason, SessionEvent, SessionListener } from './events.js';
export type { SessionManagerOptions, SessionStoreOptions } from './options.js';
export type {
  CreateOptions,
  ListedSession,
  NewSession,
  Profile,
  RegenerateOptions,
  Session,
  SessionData,
  SessionFacts,
  SignIn,
} from './session.js';
export { createSessionId, isSessionId } from './session-id.js';
export { type PresentedId, SessionManager } from './session-manager.js';
