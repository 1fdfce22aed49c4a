import { bytesToString, find, type KvStore, stringToBytes } from '@norikv/store';
import { vi } from 'vitest';

/** Records of a store by their keys, as people read them: text, or `hex ` and digits for what is no text. */
export type Records = Readonly<Record<string, string>>;

// Modules that are loaded after this one take it for `Math.random`: not all have an option for their own.
const random = vi.spyOn(Math, 'random');

/** Puts records of a release into a store. */
export async function putRecords(store: KvStore, records: Records): Promise<void> {
  for (const [key, value] of Object.entries(records)) await store.put(bytesOf(key), bytesOf(value));
}

/** What a store holds under some keys; a key that is absent is left out. */
export async function recordsAt(store: KvStore, keys: Iterable<string>): Promise<Records> {
  const records: Record<string, string> = {};
  for (const key of keys) {
    const entry = await find(store, bytesOf(key));
    if (entry) records[key] = textOf(entry.value);
  }
  return records;
}

/**
 * The records that some work leaves behind. They are the same in every run, if its clock is: numbers at random are 0, and
 * what `crypto` draws is counted from 1.
 */
export async function recordsLeftBy<Store extends KvStore>(
  store: Store,
  work: (store: Store) => Promise<unknown>,
): Promise<Records> {
  const keys = new Set<string>();
  const watched: Store = {
    ...store,
    put: (key, ...call) => {
      keys.add(typeof key === 'string' ? key : textOf(key));
      return store.put(key, ...call);
    },
  };
  random.mockReturnValue(0);
  let drawn = 0;
  const draws = [
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => {
      drawn += 1;
      return `${String(drawn).padStart(8, '0')}-0000-4000-8000-000000000000`;
    }),
    vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
      drawn += 1;
      if (bytes instanceof Uint8Array) bytes.fill(drawn);
      return bytes;
    }),
  ];
  try {
    await work(watched);
  } finally {
    for (const draw of draws) draw.mockRestore();
    random.mockReset();
  }
  return recordsAt(store, keys);
}

const hex = 'hex ';

function bytesOf(text: string): Uint8Array {
  return text.startsWith(hex) ? Buffer.from(text.slice(hex.length), 'hex') : stringToBytes(text);
}

/** Control characters other than line breaks would not be seen. */
function textOf(bytes: Uint8Array): string {
  const text = bytesToString(bytes);
  const isText = Buffer.from(text).equals(bytes) && !/[^\P{Cc}\n]/u.test(text);
  return isText ? text : hex + Buffer.from(bytes).toString('hex');
}
