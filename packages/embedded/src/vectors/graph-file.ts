import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { isOpenable, libraryRelease } from './graph-library.js';
import type { Pacer } from './pacer.js';
import type { Shape } from './vector-rows.js';

/*
 * A graph file: the library's own bytes, an entry for each key, facts as JSON, and little-endian the length of
 * the facts and a checksum of all before it (4 bytes each). An entry is the length of the id (2), the id, and the
 * version's term and index (8 each, floating point); an empty id says that the key is not in use.
 */
const format = `graph 2, usearch ${libraryRelease}`;
// The library's own bytes begin with the number of places.
const placesBytes = 4;
const tailBytes = 8;
const lengthBytes = 2;
const versionBytes = 16;
const entriesTogether = 512;
const bytesTogether = 0x4_0000;

/** Which vector stands under which key of a graph: its id, and the version the vector had. */
export interface GraphKeys {
  /** By key; empty if the key is not in use. */
  readonly ids: string[];
  /** By key, two for each: term and index. */
  readonly versions: number[];
  /** Keys taken out again since the graph was built as a whole. */
  readonly removed: number;
  /** What all vectors were multiplied by. */
  readonly scale: number;
}

/** The keys of a graph that is whole. */
export interface KeysInFile extends GraphKeys {
  /** Of the graph: what is removed leaves its place to what is added. */
  readonly places: number;
}

interface Facts {
  readonly format: string;
  readonly dimensions: number;
  readonly distance: string;
  readonly graphBytes: number;
  readonly count: number;
  readonly removed: number;
  readonly scale: number;
}

/**
 * Completes a file that so far holds what the library wrote.
 *
 * @throws Error if nobody could open it.
 */
export async function sealGraphFile(file: string, keys: GraphKeys, shape: Shape): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    const { size } = await handle.stat();
    if (!isOpenable(await placesIn(handle), vectorsOf(keys))) {
      throw new Error('Too many vectors were deleted while the graph was made');
    }
    let checksum = await checksumOf(handle, size);
    let end = size;
    const append = async (bytes: Buffer): Promise<void> => {
      await handle.write(bytes, 0, bytes.length, end);
      checksum = crc32(bytes, checksum);
      end += bytes.length;
    };
    const count = keys.ids.length;
    for (let key = 0; key < count; key += entriesTogether) await append(entriesOf(keys, key));
    const { dimensions, distance } = shape;
    const { removed, scale } = keys;
    const facts: Facts = { format, dimensions, distance, graphBytes: size, count, removed, scale };
    const text = Buffer.from(JSON.stringify(facts));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    await append(Buffer.concat([text, length]));
    const last = Buffer.alloc(4);
    last.writeUInt32LE(checksum);
    await handle.write(last, 0, last.length, end);
  } finally {
    await handle.close();
  }
}

/** The keys of a graph file; undefined if it is missing, damaged, unsafe to open, of another format or of other vectors. */
export async function readGraphFile(
  file: string,
  shape: Shape,
  pacer: Pacer,
): Promise<KeysInFile | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  try {
    return handle && (await read(handle, shape, pacer));
  } finally {
    await handle?.close();
  }
}

async function read(handle: FileHandle, shape: Shape, pacer: Pacer): Promise<KeysInFile | undefined> {
  const { size } = await handle.stat();
  if (size < tailBytes) return undefined;
  const tail = await bytesAt(handle, size - tailBytes, size);
  if ((await checksumOf(handle, size - 4)) !== tail.readUInt32LE(4)) return undefined;
  const factsAt = size - tailBytes - tail.readUInt32LE(0);
  const facts = JSON.parse((await bytesAt(handle, factsAt, size - tailBytes)).toString()) as Facts;
  const isOurs = facts.format === format;
  if (!isOurs || facts.dimensions !== shape.dimensions || facts.distance !== shape.distance) return undefined;
  const entries = await bytesAt(handle, facts.graphBytes, factsAt);
  const { removed, scale } = facts;
  const places = await placesIn(handle);
  const keys: KeysInFile = { ids: [], versions: [], removed, scale, places };
  for (let at = 0; at < entries.length; ) {
    const idEnd = at + lengthBytes + entries.readUInt16LE(at);
    keys.ids.push(entries.toString('utf8', at + lengthBytes, idEnd));
    keys.versions.push(entries.readDoubleLE(idEnd), entries.readDoubleLE(idEnd + 8));
    at = idEnd + versionBytes;
    if (keys.ids.length % entriesTogether === 0 && pacer.isDue()) await pacer.rest();
  }
  return isOpenable(places, vectorsOf(keys)) ? keys : undefined;
}

async function placesIn(handle: FileHandle): Promise<number> {
  return (await bytesAt(handle, 0, placesBytes)).readUInt32LE();
}

function vectorsOf({ ids }: GraphKeys): number {
  return ids.reduce((count, id) => (id === '' ? count : count + 1), 0);
}

function entriesOf({ ids, versions }: GraphKeys, from: number): Buffer {
  const parts = ids.slice(from, from + entriesTogether).flatMap((id, place) => {
    const text = Buffer.from(id);
    const length = Buffer.alloc(lengthBytes);
    length.writeUInt16LE(text.length);
    const version = Buffer.alloc(versionBytes);
    version.writeDoubleLE(versions[2 * (from + place)] ?? 0);
    version.writeDoubleLE(versions[2 * (from + place) + 1] ?? 0, 8);
    return [length, text, version];
  });
  return Buffer.concat(parts);
}

async function bytesAt(handle: FileHandle, start: number, end: number): Promise<Buffer> {
  const bytes = Buffer.alloc(end - start);
  await handle.read(bytes, 0, bytes.length, start);
  return bytes;
}

async function checksumOf(handle: FileHandle, end: number): Promise<number> {
  let checksum = 0;
  for (let at = 0; at < end; at += bytesTogether) {
    checksum = crc32(await bytesAt(handle, at, Math.min(end, at + bytesTogether)), checksum);
  }
  return checksum;
}
