import {
  create,
  type DescMessage,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';

/** A message as the side that receives it sees it. */
export type Received<Schema extends DescMessage> = MessageShape<Schema>;

/** What is needed to make a message: fields that are left out have the value of proto3, zero. */
export type Outgoing<Schema extends DescMessage> = MessageInitShape<Schema>;

/** The bytes of a message. */
export function encode<Schema extends DescMessage>(schema: Schema, fields: Outgoing<Schema>): Buffer {
  const bytes = toBinary(schema, create(schema, fields));
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The message in some bytes; fields nobody knows are dropped.
 *
 * @throws Error if the bytes are no such message.
 */
export function decode<Schema extends DescMessage>(schema: Schema, bytes: Uint8Array): Received<Schema> {
  // A Buffer would hand out Buffers for the fields of bytes.
  const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fromBinary(schema, view, { readUnknownFields: false });
}
