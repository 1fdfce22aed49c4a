import { gunzip, inflate } from 'node:zlib';
import { status } from '@norikv/client/wire';
import { type Refusal, refusal } from './statuses.js';

const decompressors = new Map([
  ['gzip', gunzip],
  ['deflate', inflate],
]);

/**
 * Decompresses a message of a client that compresses; ours does not, and answers are never compressed.
 *
 * @param encoding - the header `grpc-encoding`.
 */
export function decompress(
  bytes: Buffer,
  encoding: string | string[] | undefined,
  longest: number,
  done: (result: Buffer | Refusal) => void,
): void {
  const decompressor = decompressors.get(String(encoding));
  if (!decompressor) {
    const { code, details, trailers } = refusal(
      status.UNIMPLEMENTED,
      `${encoding ?? 'none'} is no compression this server knows`,
    );
    done({
      code,
      details,
      trailers: { ...trailers, 'grpc-accept-encoding': 'identity,gzip,deflate' },
    });
    return;
  }
  decompressor(bytes, { maxOutputLength: longest }, (error, result) => {
    if (error === null) done(result);
    else if ('code' in error && error.code === 'ERR_BUFFER_TOO_LARGE') {
      done(refusal(status.RESOURCE_EXHAUSTED, `a message has more than ${longest} bytes`));
    } else done(refusal(status.INVALID_ARGUMENT, `the message is not ${encoding}`));
  });
}
