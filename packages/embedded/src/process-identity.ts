import { readFileSync } from 'node:fs';

/** Names this process so that a later one with the same number has another name: `<number>-<start>`. */
export function ownIdentity(): string {
  return `${process.pid}-${lookUp(process.pid)?.start ?? 0}`;
}

/** Whether the process of an identity is still there, be it stopped. Text that is no identity names nobody. */
export function isRunning(identity: string): boolean {
  const [, number, start] = /^(\d+)-(\d+)/.exec(identity) ?? [];
  if (number === undefined) return false;
  const found = lookUp(Number(number));
  return found ? found.start === start && !found.isDead : exists(Number(number));
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
