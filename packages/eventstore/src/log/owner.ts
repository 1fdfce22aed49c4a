import type { Head } from './head.js';
import { corrupt } from './record.js';

/** @throws CorruptRecordError for the head of another log. */
export function checkOwner(head: Head, name: string, key: string): Head {
  if (head.name === name) return head;
  throw corrupt(`belongs to "${head.name}", not to "${name}"`, key);
}
