import { constants } from 'node:os';

const signals = ['SIGTERM', 'SIGINT'] as const;

/** What signals need to know of a process. */
export interface Signalled {
  readonly pid: number;
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  once(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): never;
}

/**
 * Lets SIGTERM and SIGINT end a process at once, until somebody asks to be called back at the first of them instead.
 * A second one of the kind ends it all the same.
 *
 * The system does so by itself, but not for the first process of a container: that one ends only if it listens.
 */
export function endSignals(process: Signalled): (callback: () => void) => void {
  const isFirst = process.pid === 1;
  const ends = signals.map((signal) => ({
    signal,
    end: (): void => process.exit(128 + constants.signals[signal]),
  }));
  if (isFirst) for (const { signal, end } of ends) process.on(signal, end);
  return (callback) => {
    for (const { signal, end } of ends) {
      process.off(signal, end);
      process.once(signal, () => {
        if (isFirst) process.on(signal, end);
        callback();
      });
    }
  };
}
