import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { bytesToString, InvalidArgumentError, type Version } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { describe, expect, test } from 'vitest';
import { ForeignFilesError, openEmbedded, PathUnusableError, restoreBackup } from '../src/index.js';
import { newFolder, newPath, openTestStore } from './support/folders.js';
import { changeMeta, changeRaw, dataFileOf } from './support/raw-store.js';

/** A copy of a data file of which one of the two headers is lost. */
function withoutSecondHeader(dataFile: string): string {
  const file = newPath('backup');
  const bytes = readFileSync(dataFile);
  const pageSize = bytes.readUInt32LE(48);
  writeFileSync(file, bytes.fill(0, pageSize, 2 * pageSize));
  return file;
}

describe('a backup', () => {
  test('is the store at one moment, taken while it is written to', async () => {
    const store = await openTestStore({ path: newPath() });
    const file = newPath('backup');
    let isDone = false;
    // Of each pair the left key is written first: no moment has a right key without its left one.
    const writing = (async () => {
      for (let pair = 0; !isDone; pair++) {
        await store.put(`left-${pair}`, `${pair}`);
        await store.put(`right-${pair}`, `${pair}`, { ttlMs: 3_600_000, idempotencyKey: 'once' });
      }
    })();
    await store.put('large', new Uint8Array(1_000_000));
    await store.backup(file);
    isDone = true;
    await writing;
    const path = newPath();
    await restoreBackup(file, path);
    const restored = await openTestStore({ path });
    const { keys } = await restored.stats();
    expect(keys).toBeGreaterThan(1);
    for (let pair = 0; await restored.find(`right-${pair}`); pair++) {
      expect(await restored.find(`left-${pair}`)).not.toBeNull();
    }
    expect((await restored.get('large')).value.length).toBe(1_000_000);
  });

  test('that may only be read makes a store that may be written', async () => {
    const store = await openTestStore({ path: newPath() });
    const file = newPath('backup');
    await store.backup(file);
    chmodSync(file, 0o440);
    const path = newPath();
    await restoreBackup(file, path);
    expect(statSync(dataFileOf(path)).mode & 0o777).toBe(0o640);
  });

  test('brings back values, versions, expiry and idempotency keys', async () => {
    const store = await openTestStore({ path: newPath() });
    const version = await store.put('key', 'value', { idempotencyKey: 'id' });
    await store.put('short', 'value', { ttlMs: 50 });
    const file = newPath('backup');
    await store.backup(file);
    const path = newPath();
    await restoreBackup(file, path);
    const restored = await openTestStore({ path, sweepIntervalMs: 5 });
    expect((await restored.get('key')).version).toEqual(version);
    expect(await restored.put('key', 'again', { idempotencyKey: 'id' })).toEqual(version);
    while ((await restored.stats()).keys > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await restored.find('short')).toBeNull();
  });

  test('restored, gives versions that the lost store never gave, each time', async () => {
    const store = await openTestStore({ path: newPath() });
    const kept = await store.put('key', 'kept');
    const file = newPath('backup');
    await store.backup(file);
    const lost = await store.put('key', 'lost', { ifMatchVersion: kept });
    const terms = new Set([lost.term]);
    for (let time = 0; time < 3; time++) {
      const path = newPath();
      await restoreBackup(file, path);
      const restored = await openTestStore({ path });
      await expect(restored.put('key', 'next', { ifMatchVersion: lost })).rejects.toMatchObject({
        code: 'VERSION_MISMATCH',
        actual: { version: kept },
      });
      const next = await restored.put('key', 'next', { ifMatchVersion: kept });
      expect(next.term).toBeGreaterThan(lost.term);
      expect(terms).not.toContain(next.term);
      terms.add(next.term);
    }
  });

  test('of a store that began when the clock was ahead is told from another copy by chance', async () => {
    const clock = new FakeClock({ nowMs: Date.now() + 365 * 86_400_000 });
    const store = await openTestStore({ path: newPath(), clock });
    await store.put('key', 'kept');
    const file = join(newFolder(), 'backup');
    await store.backup(file);
    const restored = async (): Promise<Version> => {
      const path = newPath();
      await restoreBackup(file, path);
      return (await openTestStore({ path })).put('key', 'of a copy');
    };
    const versions = [(await store.get('key')).version, await restored(), await restored()];
    expect(new Set(versions.map(({ term }) => term)).size).toBe(3);
    expect(versions.every(({ term }) => term < 2n ** 53n)).toBe(true);
  });

  test('put into place by hand also gets a new term, and keeps it', async () => {
    const store = await openTestStore({ path: newPath() });
    const { term } = await store.put('key', 'value');
    const file = newPath('backup');
    await store.backup(file);
    const path = newFolder();
    copyFileSync(file, dataFileOf(path));
    const copy = await openEmbedded({ path });
    const version = await copy.put('key', 'copy');
    expect(version.term).toBeGreaterThan(term);
    await copy.close();
    const again = await openTestStore({ path });
    expect((await again.put('key', 'again')).term).toBe(version.term);
  });

  test('of an ephemeral store makes it last', async () => {
    const store = await openTestStore();
    await store.put('key', 'value');
    const file = newPath('backup');
    await store.backup(file);
    const path = newPath();
    await restoreBackup(file, path);
    const restored = await openTestStore({ path });
    expect(bytesToString((await restored.get('key')).value)).toBe('value');
  });

  test('does not overwrite a file, and leaves nothing half written', async () => {
    const store = await openTestStore({ path: newPath() });
    const folder = newFolder();
    const file = join(folder, 'backup');
    writeFileSync(file, 'precious');
    await expect(store.backup(file)).rejects.toThrow(InvalidArgumentError);
    await expect(store.backup('')).rejects.toThrow('file is ""');
    await expect(store.backup(join(file, 'below'))).rejects.toThrow(PathUnusableError);
    expect(readdirSync(folder)).toEqual(['backup']);
  });

  test('makes the folder it goes into', async () => {
    const store = await openTestStore({ path: newPath() });
    const file = join(newPath(), 'daily', 'backup');
    await store.backup(file);
    expect(readdirSync(dirname(file))).toEqual(['backup']);
  });

  test('has the free pages at its end that LMDB never wrote', async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    await store.put('key', 'value');
    raiseLastPage(dataFileOf(path), 10n);
    const [file, restored] = [newPath('backup'), newPath()];
    await store.backup(file);
    await restoreBackup(file, restored);
    const copy = await openTestStore({ path: restored });
    expect(bytesToString((await copy.get('key')).value)).toBe('value');
  });

  test('that was begun is finished before the store closes', async () => {
    const store = await openEmbedded({ path: newPath() });
    await store.put('key', new Uint8Array(1_000_000));
    const file = newPath('backup');
    const backup = store.backup(file);
    await store.close();
    await backup;
    expect(existsSync(file)).toBe(true);
    await expect(store.backup(file)).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('restoring is refused', () => {
  test('from a file that is not there', async () => {
    await expect(restoreBackup(newPath(), newPath())).rejects.toThrow(InvalidArgumentError);
    for (const path of [undefined, null, '']) {
      await expect(restoreBackup(import.meta.filename, path as never)).rejects.toThrow(
        'use the name of the folder',
      );
    }
  });

  test('over a store, and over other files', async () => {
    const path = newPath();
    const store = await openTestStore({ path });
    await store.put('key', 'value');
    const file = newPath('backup');
    await store.backup(file);
    await expect(restoreBackup(file, path)).rejects.toThrow(InvalidArgumentError);
    expect(await store.find('key')).not.toBeNull();
    const other = newFolder();
    mkdirSync(join(other, 'theirs'));
    await expect(restoreBackup(file, other)).rejects.toThrow(ForeignFilesError);
  });

  test('from a file that is no backup, or a newer one, and leaves the folder empty', async () => {
    const [empty, rubbish, newer, foreign] = [newPath('empty'), newPath('rubbish'), newPath(), newPath()];
    writeFileSync(empty, '');
    writeFileSync(rubbish, 'rubbish');
    await changeMeta(newer, 'format', 'norikv-embedded/9');
    mkdirSync(foreign);
    await changeRaw(foreign, undefined, (root) => root.put(Buffer.from('key'), Buffer.from('value')));
    await expectRefusal(empty, 'DAMAGED_STORE');
    await expectRefusal(rubbish, 'DAMAGED_STORE');
    await expectRefusal(withoutSecondHeader(dataFileOf(newer)), 'DAMAGED_STORE');
    await expectRefusal(dataFileOf(newer), 'NEWER_FORMAT');
    await expectRefusal(dataFileOf(foreign), 'FOREIGN_FILES');
  });

  test('from a file whose end is missing: reading it would kill the process', async () => {
    const store = await openTestStore({ path: newPath() });
    for (let key = 0; key < 100; key++) await store.put(`${key}`, new Uint8Array(100_000));
    for (let key = 0; key < 5; key++) await store.delete(`${key}`);
    // The roots now lie where the freed pages did, near the beginning.
    await store.put('small', 'value');
    await store.put('small', 'next');
    const file = newPath('backup');
    await store.backup(file);
    const { size } = statSync(file);
    for (const bytes of [size - 1, size * 0.9, size / 2, 2 * 4_096, 4_096, 100]) {
      truncateSync(file, bytes);
      await expectRefusal(file, 'DAMAGED_STORE');
    }
  });
});

/** Errors name the backup: the draft that was looked at is gone. */
async function expectRefusal(file: string, code: string): Promise<void> {
  const path = newFolder();
  const message = expect.stringContaining(`${file} `);
  await expect(restoreBackup(file, path)).rejects.toMatchObject({ code, message });
  expect(readdirSync(path)).toEqual([]);
}

/** Lets the file of an open store end before its last page, as if LMDB had not written the last ones. */
function raiseLastPage(file: string, pages: bigint): void {
  const bytes = readFileSync(file);
  const descriptor = openSync(file, 'r+');
  for (const header of [0, bytes.readUInt32LE(48)]) {
    const at = header + 144;
    bytes.writeBigUInt64LE(bytes.readBigUInt64LE(at) + pages, at);
    writeSync(descriptor, bytes, at, 8, at);
  }
  closeSync(descriptor);
}
