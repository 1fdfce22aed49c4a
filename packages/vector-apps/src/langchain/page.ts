import { CorruptRecordError } from '@norikv/cas-retry';
import { InvalidArgumentError } from '@norikv/store';
import { checkString, refuse } from '@norikv/store/checks';
import { checkObject } from '../core/checks.js';
import { jsonCopy } from '../core/json-copy.js';
import type { LangChainDocument, LangChainFilter } from './langchain-types.js';

/** A document as its record holds it. */
export interface Page {
  readonly pageContent: string;
  readonly metadata: Record<string, unknown>;
}

/** Whether a document passes a filter. @throws InvalidArgumentError if none ever could. */
export function predicateOf(filter: LangChainFilter): (document: LangChainDocument) => boolean {
  if (typeof filter === 'function') return filter;
  checkObject('filter', filter);
  const wanted = Object.entries(filter);
  for (const [name, value] of wanted) {
    // An object is equal to itself alone, and metadata is read anew each time.
    if (value == null || ['string', 'number', 'boolean'].includes(typeof value)) continue;
    refuse(`filter.${name}`, value, 'a string, a number, a boolean or null, or a function as filter');
  }
  return ({ metadata }) => wanted.every(([name, value]) => metadata[name] === value);
}

/** A document as LangChain knows it. */
export function documentOf(id: string, { pageContent, metadata }: Page): LangChainDocument {
  return { id, pageContent, metadata: { ...metadata } };
}

/**
 * A copy that the caller does not change while it is embedded.
 *
 * @throws InvalidArgumentError for what could not be read again: content that is no text, metadata without JSON.
 */
export function ownDocument({
  id,
  pageContent,
  metadata,
}: LangChainDocument): Page & { readonly id?: string } {
  checkString('pageContent', pageContent);
  const copy = { pageContent, metadata: jsonCopy('metadata', metadata) };
  return id === undefined ? copy : { id, ...copy };
}

/** @throws InvalidArgumentError unless there is one for each document. */
export function checkSameLength(name: string, given: number, documents: number): void {
  if (given === documents) return;
  throw new InvalidArgumentError(`There are ${given} ${name} for ${documents} documents; give one for each`);
}

/** Reads the record of a document. */
export function decodePage(json: unknown, key: string): Page {
  const { pageContent, metadata } = (json ?? {}) as Page;
  if (typeof pageContent === 'string' && typeof metadata === 'object') return { pageContent, metadata };
  throw new CorruptRecordError(`The record "${key}" is not that of a document; look at it by hand`, { key });
}
