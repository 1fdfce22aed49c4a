import { crc32 } from 'node:zlib';
import type { Version } from '@norikv/store';
import { readUint64, writeUint64 } from './uint64.js';

/*
 * A record: one byte format, three bytes zero, then big-endian a checksum over the key and all that follows
 * (4 bytes), the version's term and index (8 each), the expiry in milliseconds since the epoch, 0 for none
 * (8), and the value.
 */
const recordFormat = 1;
const checksumAt = 4;
const termAt = 8;
const indexAt = 16;
const expiryAt = 24;
const headerBytes = 32;

/** What is known of a record without its value. */
export interface RecordHeader {
  readonly term: number;
  readonly index: number;
  /** Milliseconds since the epoch; 0: lives until deleted. */
  readonly expiresAtMs: number;
}

/** A record in memory. The value is a copy of its own. */
export interface StoredRecord {
  readonly header: RecordHeader;
  readonly value: Uint8Array;
}

/** The bytes of a record whose header is not known yet: the value behind an empty header. */
export function blankRecord(value: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + value.length);
  bytes.set(value, headerBytes);
  return bytes;
}

/** Fills in the header of a record made by {@link blankRecord}. */
export function sealRecord(bytes: Buffer, key: Uint8Array, header: RecordHeader): void {
  bytes.writeUInt32BE(recordFormat * 0x100_0000, 0);
  writeUint64(bytes, header.term, termAt);
  writeUint64(bytes, header.index, indexAt);
  writeUint64(bytes, header.expiresAtMs, expiryAt);
  bytes.writeUInt32BE(checksum(key, bytes, bytes.length), checksumAt);
}

/**
 * The header of stored bytes, or undefined if they are not what was written under this key.
 *
 * @param length - how many bytes count; the buffer may be longer, as LMDB reuses one for all reads.
 */
export function readHeader(bytes: Buffer, length: number, key: Uint8Array): RecordHeader | undefined {
  if (length < headerBytes || bytes.readUInt32BE(0) !== recordFormat * 0x100_0000) return undefined;
  if (bytes.readUInt32BE(checksumAt) !== checksum(key, bytes, length)) return undefined;
  return {
    term: readUint64(bytes, termAt),
    index: readUint64(bytes, indexAt),
    expiresAtMs: readUint64(bytes, expiryAt),
  };
}

/** A copy of the value in stored bytes whose header was read. */
export function readValue(bytes: Buffer, length: number): Uint8Array {
  const value = new Uint8Array(length - headerBytes);
  value.set(bytes.subarray(headerBytes, length));
  return value;
}

/** The version of a record. */
export function versionOf(header: RecordHeader): Version {
  return { term: BigInt(header.term), index: BigInt(header.index) };
}

/** Whether a record has this version. Exact: no number a record can hold equals the rounding of a larger one. */
export function hasVersion({ term, index }: RecordHeader, version: Version): boolean {
  return index === Number(version.index) && term === Number(version.term);
}

/** Whether a record has expired. */
export function isExpired({ expiresAtMs }: RecordHeader, nowMs: number): boolean {
  return expiresAtMs !== 0 && expiresAtMs <= nowMs;
}

function checksum(key: Uint8Array, bytes: Buffer, length: number): number {
  return crc32(bytes.subarray(termAt, length), crc32(key));
}
