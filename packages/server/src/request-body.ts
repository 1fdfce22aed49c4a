import type { ServerHttp2Stream } from 'node:http2';
import { bytesPerPiece, type Frame, FrameError, FrameReader, status } from '@norikv/client/wire';
import { type Refusal, refusal } from './statuses.js';

/** Bytes of a request. */
export const longestRequest: number = 4 * 2 ** 20;

/** What reading a request needs. */
export interface Reading {
  /** Counts bytes that are kept, or says why they cannot be. */
  hold(bytes: number): Refusal | undefined;
  /** Decompresses a message, or says why it cannot be. */
  unpack(bytes: Buffer): Promise<Buffer | Refusal>;
}

/**
 * Reads the one message of a request.
 *
 * @param done - called once, with the message or with why there is none; not at all if the stream breaks first.
 */
export function readMessage(
  stream: ServerHttp2Stream,
  { hold, unpack }: Reading,
  done: (result: Buffer | Refusal) => void,
): void {
  const reader = new FrameReader(longestRequest);
  let frame: Frame | undefined;
  let isRefused = false;
  let pieces = 0;
  const refuse = (problem: Refusal): void => {
    isRefused = true;
    done(problem);
  };
  stream.on('data', (chunk: Buffer) => {
    if (isRefused) return;
    const excess = hold(chunk.length + (pieces > 0 ? bytesPerPiece : 0));
    if (excess) return refuse(excess);
    pieces += 1;
    try {
      for (const next of reader.take(chunk)) {
        if (frame) throw new FrameError('the request has two messages', false);
        frame = next;
      }
    } catch (error) {
      refuse(refusalOf(error as FrameError));
    }
  });
  stream.on('end', () => {
    if (isRefused) return;
    const whole = frame;
    // The stream may be there for long, and would keep it.
    frame = undefined;
    if (!whole || !reader.isAtEnd) {
      refuse(refusal(status.INVALID_ARGUMENT, 'the request is not one whole message'));
    } else if (whole.isCompressed) {
      unpack(whole.message).then((result) => {
        done(Buffer.isBuffer(result) ? (hold(result.length) ?? result) : result);
      });
    } else done(whole.message);
  });
}

function refusalOf({ isTooLong, message }: FrameError): Refusal {
  return refusal(isTooLong ? status.RESOURCE_EXHAUSTED : status.INVALID_ARGUMENT, message);
}
