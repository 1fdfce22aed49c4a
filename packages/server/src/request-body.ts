import type { ServerHttp2Stream } from 'node:http2';
import { type Frame, FrameError, FrameReader, status } from '@norikv/client/wire';
import { decompress } from './decompress.js';
import { type Refusal, refusal } from './statuses.js';

const longestRequest = 4 * 2 ** 20;

/**
 * Reads the one message of a request.
 *
 * @param encoding - the header `grpc-encoding`.
 * @param done - called once, with the message or with why there is none; not at all if the stream breaks first.
 */
export function readMessage(
  stream: ServerHttp2Stream,
  encoding: string | string[] | undefined,
  done: (result: Buffer | Refusal) => void,
): void {
  const reader = new FrameReader(longestRequest);
  let frame: Frame | undefined;
  let isRefused = false;
  const refuse = (problem: Refusal): void => {
    isRefused = true;
    done(problem);
  };
  stream.on('data', (chunk: Buffer) => {
    try {
      for (const next of isRefused ? [] : reader.take(chunk)) {
        if (frame) throw new FrameError('the request has two messages', false);
        frame = next;
      }
    } catch (error) {
      refuse(refusalOf(error as FrameError));
    }
  });
  stream.on('end', () => {
    if (isRefused) return;
    if (!frame || !reader.isAtEnd) {
      refuse(refusal(status.INVALID_ARGUMENT, 'the request is not one whole message'));
    } else if (frame.isCompressed) decompress(frame.message, encoding, longestRequest, done);
    else done(frame.message);
  });
}

function refusalOf({ isTooLong, message }: FrameError): Refusal {
  return refusal(isTooLong ? status.RESOURCE_EXHAUSTED : status.INVALID_ARGUMENT, message);
}
