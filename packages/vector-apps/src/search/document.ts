import { CorruptRecordError } from '@norikv/cas-retry';
import { InvalidArgumentError } from '@norikv/store';
import { checkString } from '@norikv/store/checks';
import { isObject } from '../core/checks.js';
import { contentHash } from '../core/content-hash.js';
import { jsonCopy } from '../core/json-copy.js';
import { type Chunk, type ChunkingOptions, chunksOf } from './chunking.js';

/** A document to be searched. */
export interface SearchDocument<Metadata extends object = Record<string, unknown>> {
  readonly id: string;
  readonly title: string;
  readonly content: string;
  /** Kept as JSON, given back with results and to filters. */
  readonly metadata?: Metadata | undefined;
}

/** A document as its record holds it. */
export interface StoredDocument<Metadata extends object = Record<string, unknown>> {
  readonly title: string;
  readonly content: string;
  readonly metadata: Metadata;
  /** The parts of `content` that have vectors, in the order of the vectors. */
  readonly chunks: readonly Chunk[];
  /** Equal for equal texts, cut alike, of one model: then the vectors are equal, too. */
  readonly textHash: string;
}

/** Makes the record of a document. Without chunking the whole content is one chunk. */
export function storedDocument<Metadata extends object>(
  { title, content, metadata }: Omit<SearchDocument<Metadata>, 'id'>,
  chunking: ChunkingOptions | false,
  fingerprint: string,
): StoredDocument<Metadata> {
  checkString('title', title);
  checkString('content', content);
  if (`${title}${content}`.trim() === '') {
    throw new InvalidArgumentError('title and content are empty; there is nothing to search for');
  }
  const cut = chunking === false ? [] : chunksOf(content, chunking);
  const chunks: readonly Chunk[] = cut.length > 0 ? cut : [[0, content.length]];
  const textHash = contentHash(fingerprint, title, content, JSON.stringify(chunks));
  return { title, content, metadata: jsonCopy('metadata', metadata), chunks, textHash };
}

/** The texts to embed, one for each chunk. The title is part of each: a chunk alone seldom says its subject. */
export function textsOf({ title, content, chunks }: StoredDocument<object>): string[] {
  return chunks.map(([start, end]) => `${title} ${content.slice(start, end)}`.trim());
}

/** Reads the record of a document. */
export function decodeDocument<Metadata extends object>(
  json: unknown,
  key: string,
): StoredDocument<Metadata> {
  const { title, content, metadata, chunks, textHash } = (json ?? {}) as StoredDocument<Metadata>;
  const isText = [title, content, textHash].every((text) => typeof text === 'string');
  if (isText && isObject(metadata) && Array.isArray(chunks)) {
    return { title, content, metadata, chunks, textHash };
  }
  throw new CorruptRecordError(
    `The record "${key}" is not that of a document; index it again, or delete it`,
    { key },
  );
}
