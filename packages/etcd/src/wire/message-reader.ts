const numberField = 0;
const fixed64Field = 1;
const bytesField = 2;
const fixed32Field = 5;

/** Reads one protobuf message field by field. Fields nobody asks for are skipped. */
export class MessageReader {
  readonly #bytes: Buffer;
  #at = 0;
  #type = numberField;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Goes to the next field and gives its number; 0 at the end. */
  next(): number {
    if (this.#at >= this.#bytes.length) return 0;
    const tag = Number(this.number());
    this.#type = tag % 8;
    return Math.floor(tag / 8);
  }

  /** The value of a number field, 64 bits, unsigned. */
  number(): bigint {
    let low = 0;
    let scale = 1;
    for (let place = 0; place < 7; place++) {
      const byte = this.#byte();
      low += (byte & 0x7f) * scale;
      if (byte < 0x80) return BigInt(low);
      scale *= 0x80;
    }
    let value = BigInt(low);
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw malformed();
  }

  /** The value of a bytes, text or message field: a view of the message. */
  bytes(): Buffer {
    const end = Number(this.number()) + this.#at;
    if (this.#type !== bytesField || end > this.#bytes.length) throw malformed();
    const start = this.#at;
    this.#at = end;
    return this.#bytes.subarray(start, end);
  }

  skip(): void {
    if (this.#type === numberField) this.number();
    else if (this.#type === bytesField) this.bytes();
    else if (this.#type === fixed64Field) this.#at += 8;
    else if (this.#type === fixed32Field) this.#at += 4;
    else throw malformed();
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed();
    return byte;
  }
}

function malformed(): Error {
  return new Error('The answer is not a protobuf message');
}
