import { wireLimits } from '@norikv/client/wire';
import { unreadable } from './read-text.js';
import { UsageError } from './terminal.js';

/** All that standard input gives. @throws UsageError if that is too long for a value, or cannot be read. */
export async function readValue(input: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const piece of input) {
      pieces.push(piece);
      length += piece.length;
      if (length > wireLimits.maxValueBytes) break;
    }
  } catch (cause) {
    throw unreadable('standard input', cause);
  }
  if (length <= wireLimits.maxValueBytes) return Buffer.concat(pieces);
  throw new UsageError(`standard input has more than ${wireLimits.maxValueBytes} bytes, the most of a value`);
}
