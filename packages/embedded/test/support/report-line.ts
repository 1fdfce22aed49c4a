import { writeSync } from 'node:fs';
import { errorCode } from '@norikv/store';

const never = new Int32Array(new SharedArrayBuffer(4));

/** Writes a line to standard output before it returns, and waits while its reader is behind. */
export function reportLine(line: unknown): void {
  const text = `${JSON.stringify(line)}\n`;
  for (;;) {
    try {
      writeSync(1, text);
      return;
    } catch (error) {
      // Whoever reads is slow and the pipe is full. A line is short enough to be written whole or not at all.
      if (errorCode(error) !== 'EAGAIN') throw error;
      Atomics.wait(never, 0, 0, 1);
    }
  }
}
