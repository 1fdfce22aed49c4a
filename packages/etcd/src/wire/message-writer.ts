const bytesField = 2;

/** Writes one protobuf message. Absent and zero fields are left out, as proto3 does. */
export class MessageWriter {
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  /** A whole number; negative ones are not needed here. */
  number(field: number, value: bigint | number): this {
    if (value) this.#add(varints(field * 8, value));
    return this;
  }

  flag(field: number, value: boolean): this {
    return this.number(field, value ? 1 : 0);
  }

  bytes(field: number, value: Uint8Array): this {
    if (value.length > 0) this.#addSized(field, value.length, [value]);
    return this;
  }

  text(field: number, value: string): this {
    return this.bytes(field, Buffer.from(value));
  }

  /** A message inside this one; written also if it is empty. */
  message(field: number, inner: MessageWriter): this {
    this.#addSized(field, inner.#length, inner.#parts);
    return this;
  }

  /** A number that is one of several alternatives, so that zero has to be written. */
  choice(field: number, value: bigint | number): this {
    this.#add(varints(field * 8, value));
    return this;
  }

  finish(): Buffer {
    return Buffer.concat(this.#parts, this.#length);
  }

  #addSized(field: number, length: number, parts: readonly Uint8Array[]): void {
    this.#add(varints(field * 8 + bytesField, length));
    for (const part of parts) this.#add(part);
  }

  #add(part: Uint8Array): void {
    this.#parts.push(part);
    this.#length += part.length;
  }
}

function varints(tag: number, value: bigint | number): Uint8Array {
  const bytes: number[] = [];
  pushVarint(bytes, tag);
  if (typeof value === 'number') pushVarint(bytes, value);
  else pushLongVarint(bytes, value);
  return Uint8Array.from(bytes);
}

function pushVarint(bytes: number[], value: number): void {
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

function pushLongVarint(bytes: number[], value: bigint): void {
  let rest = value;
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) + 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
}
