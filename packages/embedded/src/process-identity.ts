import { readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Names this process so that a later one with the same number has another name: `<number>-<start>`. On Linux it names
 * the thread, as a worker thread may be ended while its process goes on; that of the main thread has the same number.
 */
export function ownIdentity(): string {
  const number = ownNumber();
  return `${number}-${lookUp(number)?.start ?? 0}`;
}

/**
 * Whether the process of an identity is still there, be it stopped. Text that is no identity names nobody. A start of 0
 * is one that could not be read.
 */
export function isRunning(identity: string): boolean {
  const [, number, start] = /^(\d+)-(\d+)/.exec(identity) ?? [];
  if (number === undefined) return false;
  const found = lookUp(Number(number));
  if (found === undefined) return exists(Number(number));
  return !found.isDead && (start === '0' || found.start === start);
}

function ownNumber(): number {
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return process.pid;
  }
}

function exists(processNumber: number): boolean {
  try {
    process.kill(processNumber, 0);
    return true;
  } catch (error) {
    // Anything but "no such process" means that it is there and belongs to somebody else.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** What Linux tells of a process; undefined if there is none, and elsewhere. A process that is dead keeps its number until its parent looks. */
function lookUp(processNumber: number): { start: string | undefined; isDead: boolean } | undefined {
  try {
    const text = readFileSync(`/proc/${processNumber}/stat`, 'latin1');
    // The name of the program comes first, in parentheses, and may hold anything.
    const facts = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { start: facts[19], isDead: facts[0] === 'Z' || facts[0] === 'X' };
  } catch {
    return undefined;
  }
}
