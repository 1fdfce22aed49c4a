import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { status } from '@norikv/client/wire';
import { type Refusal, refusal } from './statuses.js';

const decompressors = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/**
 * Decompresses messages of clients that compress; ours does not, and answers are never compressed.
 *
 * One after the other: of many at once, each may become a thousand times as large.
 */
export class Decompressor {
  #last: Promise<unknown> = Promise.resolve();

  /** @param encoding - the header `grpc-encoding`. */
  decompress(
    bytes: Buffer,
    encoding: string | string[] | undefined,
    longest: number,
  ): Promise<Buffer | Refusal> {
    const result = this.#last.then(() => decompressed(bytes, encoding, longest));
    this.#last = result;
    return result;
  }
}

async function decompressed(
  bytes: Buffer,
  encoding: string | string[] | undefined,
  longest: number,
): Promise<Buffer | Refusal> {
  const decompressor = decompressors.get(String(encoding));
  if (!decompressor) {
    const { code, details, trailers } = refusal(
      status.UNIMPLEMENTED,
      `${encoding ?? 'none'} is no compression this server knows`,
    );
    return { code, details, trailers: { ...trailers, 'grpc-accept-encoding': 'identity,gzip,deflate' } };
  }
  try {
    return await decompressor(bytes, { maxOutputLength: longest });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? refusal(status.RESOURCE_EXHAUSTED, `a message has more than ${longest} bytes`)
      : refusal(status.INVALID_ARGUMENT, `the message is not ${encoding}`);
  }
}
