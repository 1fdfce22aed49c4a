import { promisify } from 'node:util';
import { gunzip, inflate } from 'node:zlib';
import { status } from '@norikv/client/wire';
import { type Refusal, refusal } from './statuses.js';

const decompressors = new Map([
  ['gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
]);

/** A message that somebody compressed. */
export interface Packed {
  readonly bytes: Buffer;
  /** The header `grpc-encoding`. */
  readonly encoding: string | string[] | undefined;
  /** Bytes it may become. */
  readonly longest: number;
  /** The connection it came on. */
  readonly from: unknown;
  /** Whether somebody still waits for it. */
  isWanted(): boolean;
}

/**
 * Decompresses messages of clients that compress; ours does not, and answers are never compressed.
 *
 * One after the other: of many at once, each may become a thousand times as large. Of each connection one in turn:
 * whoever sends many waits for them alone.
 */
export class Decompressor {
  /** What waits, by connection. */
  readonly #lines = new Map<unknown, (() => Promise<void>)[]>();
  #isBusy = false;

  decompress(packed: Packed): Promise<Buffer | Refusal> {
    return new Promise((resolve) => {
      const line = this.#lines.get(packed.from) ?? [];
      line.push(async () => resolve(await decompressed(packed)));
      this.#lines.set(packed.from, line);
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    // Also over those that come meanwhile.
    for (const [from, line] of this.#lines) {
      this.#lines.delete(from);
      const next = line.shift();
      if (line.length > 0) this.#lines.set(from, line);
      await next?.();
    }
    this.#isBusy = false;
  }
}

async function decompressed({ bytes, encoding, longest, isWanted }: Packed): Promise<Buffer | Refusal> {
  if (!isWanted()) return refusal(status.CANCELLED, 'nobody waits for the request');
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
