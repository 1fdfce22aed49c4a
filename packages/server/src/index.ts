export { jsonLog, type Log, type LogEntry, type LogLevel } from './log.js';
export type { ServerCredentials, ServerOptions, ServerTls } from './options.js';
export { createServer, NoriKVServer } from './server.js';
