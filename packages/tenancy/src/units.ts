import type { Usage } from './tenant-record.js';

/** No keys and no bytes. */
export const nothing: Usage = { keys: 0, bytes: 0 };

export function isNothing({ keys, bytes }: Usage): boolean {
  return keys === 0 && bytes === 0;
}

export function plus(one: Usage, other: Usage): Usage {
  return { keys: one.keys + other.keys, bytes: one.bytes + other.bytes };
}

export function minus(one: Usage, other: Usage): Usage {
  return { keys: one.keys - other.keys, bytes: one.bytes - other.bytes };
}

/** Of each the lesser. */
export function lesser(one: Usage, other: Usage): Usage {
  return { keys: Math.min(one.keys, other.keys), bytes: Math.min(one.bytes, other.bytes) };
}

/** By how much one is more than the other. */
export function excess(one: Usage, other: Usage): Usage {
  return { keys: Math.max(0, one.keys - other.keys), bytes: Math.max(0, one.bytes - other.bytes) };
}
