/** How much a log entry matters. */
export type LogLevel = 'info' | 'warn' | 'error';

/** Something that happened. */
export interface LogEntry {
  readonly level: LogLevel;
  /** What, in a few words that stay the same. */
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** Takes log entries. Never called with keys' values, tokens or private keys. */
export type Log = (entry: LogEntry) => void;

/** A log of one JSON object a line, with the time. */
export function jsonLog(write: (line: string) => void): Log {
  return (entry) => write(`${JSON.stringify({ time: new Date().toISOString(), ...entry })}\n`);
}
