import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { stringToBytes } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { open } from 'lmdb';
import { expect, test } from 'vitest';
import { type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath, openTestStore } from './support/folders.js';
import { changeRaw, dataFileOf, type Table } from './support/raw-store.js';

/**
 * A data file of format 1 with pages of 4 KiB, packed by gzip, in base64: what `fill` made of an empty folder when
 * version 1.0 ran on Linux. Never make it anew.
 */
const packed = readFileSync(new URL('fixtures/format-1.mdb.gz.base64', import.meta.url), 'utf8');

/** What its tables hold, in hexadecimal: format, checksum, term, index and expiry stand before each value. */
const tables: Partial<Record<Table, Readonly<Record<string, string>>>> = {
  norikv: { '666f726d6174': '6e6f72696b762d656d6265646465642f31' },
  commits: {
    '6c617374': '01000000430a08ec000001941f297c00000000000000000a0000000000000000',
  },
  entries: {
    '00ff': '010000000be71784000001941f297c0000000000000000020000000000000000000102ff',
    '666c656574696e67': '010000002cbc5089000001941f297c000000000000000003000001941f2a6660736f6f6e20676f6e65',
    '6772656574696e67': '01000000d9c0d912000001941f297c000000000000000001000000000000000068656c6c6f',
    '6f72646572': '010000005c3a4fe3000001941f297c000000000000000004000000000000000070616964',
  },
  idempotency: {
    '200a826c58ed85a48eeeb9e1b3b9ad845410e01990a4e1abffb95a7611311dbb':
      '010000009f260833000001941f297c00000000000000000400000194244fd800',
    b868ecd3ac14a5cca5a53d10ba08f03f5caefeb0a408b685c7b3b5cbf7740f29:
      '01000000133021920000000000000000000000000000000000000194244fd80001',
  },
  expiries: {
    '000001941f2a666001666c656574696e67': '',
    '00000194244fd80002200a826c58ed85a48eeeb9e1b3b9ad845410e01990a4e1abffb95a7611311dbb': '',
    '00000194244fd80002b868ecd3ac14a5cca5a53d10ba08f03f5caefeb0a408b685c7b3b5cbf7740f29': '',
  },
  'vector-namespaces': {
    '6e706c61636573':
      '0100000022f52c48000001941f297c0000000000000000060000000000000000' +
      hexOf('{"number":6,"dimensions":2,"distance":"euclidean","indexType":"brute_force"}'),
    '6e776f726473':
      '0100000079f52263000001941f297c0000000000000000090000000000000000' +
      hexOf('{"number":9,"dimensions":3,"distance":"cosine","indexType":"hnsw"}'),
    '730000000000000006':
      '01000000b8cb4edf00000000000000000000000000000000000000000000000000000000000000020000000000000002',
    '730000000000000009':
      '010000008e484a5b00000000000000000000000000000000000000000000000000000000000000020000000000000000',
  },
  vectors: {
    '0000000000000006686f6d65':
      '01000000b943427c000001941f297c00000000000000000700000000000000000000404000008040',
    '0000000000000006776f726b':
      '01000000ce6433a0000001941f297c0000000000000000080000000000000000000000bf5f708930',
  },
  'vector-changes': {
    '00000000000000060000000000000001':
      '0100000004731234000000000000000000000000000000000000000000000000686f6d65',
    '00000000000000060000000000000002':
      '0100000083e31d08000000000000000000000000000000000000000000000000776f726b',
    '00000000000000090000000000000001':
      '01000000c0c709300000000000000000000000000000000000000000000000006d6f766564',
    '00000000000000090000000000000002':
      '0100000084662c280000000000000000000000000000000000000000000000006d6f766564',
  },
};

const put = { idempotencyKey: 'order-17' };
const remove = { idempotencyKey: 'remove-1' };

/** As it was when the file was made: what expires has not. */
const openThen = (path: string): Promise<EmbeddedStore> => openTestStore({ path, clock: new FakeClock() });

async function fill(path: string): Promise<void> {
  const store = await openEmbedded({ path, clock: new FakeClock() });
  await store.put('greeting', 'hello');
  await store.put(new Uint8Array([0, 255]), new Uint8Array([0, 1, 2, 255]));
  await store.put('fleeting', 'soon gone', { ttlMs: 60_000 });
  await store.put('order', 'paid', put);
  await store.put('gone', 'soon');
  await store.delete('gone', remove);
  await store.vectorCreateIndex('places', 2, 'euclidean', 'brute_force');
  await store.vectorInsert('places', 'home', [3, 4]);
  await store.vectorInsert('places', 'work', [-0.5, 1e-9]);
  await store.vectorCreateIndex('words', 3, 'cosine', 'hnsw');
  await store.vectorInsert('words', 'moved', [1, 2, 3]);
  await store.vectorDelete('words', 'moved');
  await store.close();
}

function unpack(): string {
  const path = newPath();
  mkdirSync(path);
  writeFileSync(dataFileOf(path), gunzipSync(Buffer.from(packed, 'base64')));
  return path;
}

async function tablesOf(path: string): Promise<typeof tables> {
  const found: Record<string, Record<string, string>> = {};
  for (const name of Object.keys(tables) as Table[]) {
    const rows: Record<string, string> = {};
    await changeRaw(path, name, (table) => {
      for (const key of table.getKeys()) {
        // LMDB's own version of a row stands before it.
        const from = name === 'commits' ? 8 : 0;
        rows[hexOf(key)] = hexOf(table.getBinary(key) ?? '').slice(2 * from);
      }
    });
    // Which file it is, and who has it open.
    if (name === 'norikv') for (const fact of ['file', 'openers']) delete rows[hexOf(fact)];
    found[name] = rows;
  }
  return found;
}

function hexOf(bytes: Uint8Array | string): string {
  return Buffer.from(bytes).toString('hex');
}

test('a file of version 1.0 has what version 1.0 says, is opened and read for ever', async () => {
  const path = unpack();
  expect(await tablesOf(path)).toEqual(tables);
  const store = await openThen(path);
  const term = 1_735_689_600_000n;
  expect(await store.get('greeting')).toEqual({
    value: stringToBytes('hello'),
    version: { term, index: 1n },
  });
  expect((await store.get(new Uint8Array([0, 255]))).value).toEqual(new Uint8Array([0, 1, 2, 255]));
  expect((await store.get('fleeting')).value).toEqual(stringToBytes('soon gone'));
  expect(await store.put('order', 'paid twice', put)).toEqual({ term, index: 4n });
  expect(await store.find('gone')).toBeNull();
  expect(await store.delete('gone', remove)).toBe(true);
  expect(await store.vectorGet('places', 'home')).toEqual([3, 4]);
  expect((await store.vectorSearch('places', [0, 0], 2)).matches.map(({ id }) => id)).toEqual([
    'work',
    'home',
  ]);
  expect(await store.vectorCreateIndex('words', 3, 'cosine', 'hnsw')).toBe(false);
  expect(await store.vectorGet('words', 'moved')).toBeNull();
  const next = await store.put('greeting', 'good day', { ifMatchVersion: { term, index: 1n } });
  expect(next.term).toBeGreaterThan(term);
});

test('tables are written as version 1.0 wrote them', async () => {
  const path = newPath();
  await fill(path);
  expect(await tablesOf(path)).toEqual(tables);
});

// Pages are as large as those of the machine that made the file: 16 KiB on Apple silicon, 64 KiB on some ARM servers.
test.each([1, 2, 16, 64])(
  'a file with pages of %i KiB, as other machines make them, is opened',
  async (kibibytes) => {
    const path = newPath();
    mkdirSync(path);
    const pageSize = kibibytes * 1_024;
    await open({ path: dataFileOf(path), noSubdir: true, pageSize, maxDbs: 16 }).close();
    await fill(path);
    expect(readFileSync(dataFileOf(path)).readUInt32LE(48)).toBe(pageSize);
    expect(await tablesOf(path)).toEqual(tables);
    expect((await (await openThen(path)).get('greeting')).value).toEqual(stringToBytes('hello'));
  },
);
