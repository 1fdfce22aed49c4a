const headBytes = 5;
/** What a list of pieces of a message costs beside their bytes. */
export const bytesPerPiece: number = 128;

/** A message between the bytes that say how long it is. */
export interface Frame {
  readonly isCompressed: boolean;
  readonly message: Buffer;
}

/** Bytes that are no frames, or one that is longer than allowed. */
export class FrameError extends Error {
  readonly isTooLong: boolean;

  constructor(message: string, isTooLong: boolean) {
    super(message);
    this.isTooLong = isTooLong;
  }
}

/** A message, which may come in pieces, as it travels, uncompressed. */
export function frameOf(...pieces: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(headBytes);
  head.writeUInt32BE(
    pieces.reduce((sum, { length }) => sum + length, 0),
    1,
  );
  return Buffer.concat([head, ...pieces]);
}

/** Cuts bytes, however they arrive, into frames. */
export class FrameReader {
  readonly #longestMessage: number;
  #chunks: Buffer[] = [];
  #length = 0;
  #needed = headBytes;

  constructor(longestMessage: number) {
    this.#longestMessage = longestMessage;
  }

  /** Bytes that a further frame keeps so far, with what the list of its pieces costs. */
  get bufferedBytes(): number {
    return this.#length + this.#chunks.length * bytesPerPiece;
  }

  /** Whether nothing of a further frame has arrived. */
  get isAtEnd(): boolean {
    return this.#length === 0;
  }

  /**
   * Takes bytes and gives the frames that are whole now.
   *
   * @throws FrameError, after which the rest makes no sense.
   */
  take(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const frames: Frame[] = [];
    if (this.#length < this.#needed) return frames;
    let bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    this.#needed = this.#frameLength(bytes);
    while (bytes.length >= this.#needed) {
      frames.push({ isCompressed: bytes[0] === 1, message: bytes.subarray(headBytes, this.#needed) });
      bytes = bytes.subarray(this.#needed);
      this.#needed = this.#frameLength(bytes);
    }
    this.#chunks = bytes.length > 0 ? [bytes] : [];
    this.#length = bytes.length;
    return frames;
  }

  /** Length of the frame these bytes begin with, as far as they tell. */
  #frameLength(bytes: Buffer): number {
    const [flag = 0] = bytes;
    if (flag > 1) throw new FrameError(`a frame begins with ${flag}`, false);
    if (bytes.length < headBytes) return headBytes;
    const length = bytes.readUInt32BE(1);
    if (length <= this.#longestMessage) return headBytes + length;
    throw new FrameError(`a message has ${length} bytes; use at most ${this.#longestMessage}`, true);
  }
}
