import { fencedGet, fencedPut, fencedSeal } from '@norikv/lease';
import { bytesToString, type KvStore } from '@norikv/store';

const key = 'journal';

/** What the leaders write: how many entries there are, as one number under one key. */
export interface Journal {
  /** Adds an entry. Throws `StaleTokenError` if a later leader has been here. */
  append(): Promise<void>;
}

/**
 * Opens the journal for the leader with this token. From here on no entry of an earlier leader gets in, also
 * if it is on its way already: only then is it safe to go on from what is there.
 */
export async function openJournal(store: KvStore, token: bigint): Promise<Journal> {
  let entries = countIn(await fencedSeal(store, key, token));
  return {
    async append() {
      await fencedPut(store, key, String(entries + 1), token);
      entries += 1;
    },
  };
}

/** How many entries there are, and the token of the leader that wrote the last one. */
export async function readJournal(store: KvStore): Promise<{ entries: number; token: bigint }> {
  const found = await fencedGet(store, key);
  return { entries: countIn(found?.value ?? null), token: found?.token ?? 0n };
}

function countIn(value: Uint8Array | null): number {
  return value === null ? 0 : Number(bytesToString(value));
}
