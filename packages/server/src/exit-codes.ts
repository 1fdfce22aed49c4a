import { errorCode, isNoriKVError } from '@norikv/store';
import { UsageError } from './terminal.js';

/** What the command ends with, for scripts to decide by. */
export const exitCodes = {
  done: 0,
  /** What was asked for did not happen; a write was not applied. */
  failed: 1,
  /** Called wrongly: it would fail each time. */
  usage: 2,
  /** The key to read is absent. */
  absent: 3,
  /** The condition of a write did not hold. */
  condition: 4,
  /** A write may have been applied. */
  unknown: 5,
} as const;

/** Whether a command of this name writes to a server. */
export function isWrite(name: string | undefined): boolean {
  return name === 'put' || name === 'delete';
}

/** The exit code of a command that ended with an error. */
export function exitCodeOf(error: unknown, name: string | undefined): number {
  if (isNoriKVError(error) && error.outcome === 'unknown' && isWrite(name)) return exitCodes.unknown;
  const code = errorCode(error) ?? '';
  if (error instanceof UsageError || code === 'INVALID_ARGUMENT' || code.startsWith('ERR_PARSE_ARGS')) {
    return exitCodes.usage;
  }
  const isCondition = code === 'ALREADY_EXISTS' || code === 'VERSION_MISMATCH';
  return isCondition ? exitCodes.condition : exitCodes.failed;
}
