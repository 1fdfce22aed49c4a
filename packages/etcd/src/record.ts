import type { Comparison, Operation } from './wire/requests.js';

/*
 * A record: one byte format, the expiry in milliseconds since the epoch (6 bytes, big-endian, all ones: never),
 * one byte zero, and the value. As the expiry comes first, etcd itself can tell a live record from an expired
 * one by comparing bytes, within the transaction of the write.
 */
const recordFormat = 1;
const expiryAt = 1;
const expiryBytes = 6;
const headerBytes = 8;
const never = 2 ** 48 - 1;

/** A readable record. The value is a view of the bytes. */
export interface StoredRecord {
  /** Milliseconds since the epoch; Infinity: lives until deleted. */
  readonly expiresAtMs: number;
  readonly value: Uint8Array;
}

/** The bytes of a record. */
function encodeRecord(value: Uint8Array, expiresAtMs: number): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + value.length);
  bytes[0] = recordFormat;
  bytes.writeUIntBE(Math.min(Math.ceil(expiresAtMs), never), expiryAt, expiryBytes);
  bytes[headerBytes - 1] = 0;
  bytes.set(value, headerBytes);
  return bytes;
}

/** Reads a record; undefined if the bytes are none. */
export function decodeRecord(bytes: Buffer): StoredRecord | undefined {
  if (bytes.length < headerBytes || bytes[0] !== recordFormat) return undefined;
  const expiresAtMs = bytes.readUIntBE(expiryAt, expiryBytes);
  return {
    expiresAtMs: expiresAtMs === never ? Infinity : expiresAtMs,
    value: bytes.subarray(headerBytes),
  };
}

/** The comparison that holds if the key has a record that expires at `expiredBeforeMs` or later. */
export function isLive(key: Uint8Array, expiredBeforeMs: number): Comparison {
  const bytes = encodeRecord(new Uint8Array(0), Math.max(0, expiredBeforeMs)).subarray(0, headerBytes - 1);
  return { kind: 'value-after', key, bytes };
}

/** The write of a record. */
export function putRecord(
  key: Uint8Array,
  value: Uint8Array,
  expiresAtMs: number,
  leaseId: bigint,
): Operation {
  return { kind: 'put', key, value: encodeRecord(value, expiresAtMs), leaseId };
}
