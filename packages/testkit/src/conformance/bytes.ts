import { bytesEqual, errorCode, type Key, stringToBytes } from '@norikv/store';
import { keyText } from '../key-text.js';
import { ensure, equal, present, read, refuses, settle } from './assertions.js';
import type { Group } from './group.js';
import type { Trial } from './trial.js';

/** 16 */
export const limits: Group = {
  number: 16,
  name: 'limits on keys and values, counted in bytes',
  define({ capabilities: { maxKeyBytes, maxValueBytes }, test }) {
    const keyOf = (trial: Trial, size: number): Uint8Array => {
      const key = new Uint8Array(size).fill(0x6b);
      key.set(stringToBytes(trial.newKey()).subarray(0, size));
      return key;
    };
    test('an empty key is refused', async (trial) => {
      await refuses(trial.store.put('', 'value'), 'INVALID_ARGUMENT', 'put');
      await refuses(trial.store.get(new Uint8Array(0)), 'INVALID_ARGUMENT', 'get');
      await refuses(trial.store.delete(''), 'INVALID_ARGUMENT', 'delete');
    });
    test(`keys of 1 and ${maxKeyBytes} bytes are kept`, async (trial) => {
      const longest = keyOf(trial, maxKeyBytes);
      const other = longest.with(-1, 0x6c);
      for (const key of ['k', longest, other]) await trial.store.put(key, keyText(key).slice(-1));
      for (const key of ['k', longest, other]) {
        equal(await read(trial.store, key), keyText(key).slice(-1), 'the value');
        equal(await trial.store.delete(key), true, 'the delete');
      }
    });
    test(`a key of ${maxKeyBytes + 1} bytes is refused`, async (trial) => {
      const key = keyOf(trial, maxKeyBytes + 1);
      await refuses(trial.store.put(key, 'value'), 'INVALID_ARGUMENT', 'put');
      await refuses(trial.store.get(key), 'INVALID_ARGUMENT', 'get');
      await refuses(trial.store.delete(key), 'INVALID_ARGUMENT', 'delete');
    });
    test('a character of three bytes counts as three', async (trial) => {
      const key = '€'.repeat(Math.floor(maxKeyBytes / 3) + 1);
      await refuses(trial.store.put(key, 'value'), 'INVALID_ARGUMENT', 'the put');
    });
    test(`values of 0 and ${maxValueBytes} bytes are kept, one byte more is refused`, async (trial) => {
      const key = trial.newKey();
      for (const size of [0, maxValueBytes]) {
        const value = Uint8Array.from({ length: size }, (_, place) => place % 251);
        await trial.store.put(key, value);
        ensure(bytesEqual((await present(trial.store, key)).value, value), `${size} bytes came back changed`);
      }
      await refuses(trial.store.put(key, new Uint8Array(maxValueBytes + 1)), 'INVALID_ARGUMENT', 'the put');
      equal((await present(trial.store, key)).value.length, maxValueBytes, 'the length afterwards');
    });
  },
};

/** 17 */
export const binary: Group = {
  number: 17,
  name: 'keys and values are bytes, and belong to one side only',
  define({ capabilities, test }) {
    test('all 256 bytes survive in a value', async (trial) => {
      const key = trial.newKey();
      const value = Uint8Array.from({ length: 512 }, (_, place) => place % 256);
      await trial.store.put(key, value);
      ensure(bytesEqual((await present(trial.store, key)).value, value), 'the value came back changed');
    });
    test('keys that look alike are different keys', async (trial) => {
      const base = trial.newKey();
      const suffixes: Key[] = [
        '',
        '\0',
        '\0\0',
        '/',
        '//',
        '/a/..',
        '%2F',
        '+',
        ':',
        'é',
        'e\u0301',
        'E',
        ' ',
      ];
      const bytes = [[0xff], [0xfe], [0xff, 0xff], [0xc3], [0xef, 0xbf, 0xbd], [0x00, 0xff]];
      const keys = [...suffixes.map((suffix) => base + suffix), ...bytes.map((end) => joined(base, end))];
      for (const [place, key] of keys.entries()) await trial.store.put(key, `value ${place}`);
      for (const [place, key] of keys.entries()) {
        equal(await read(trial.store, key), `value ${place}`, `the value of key ${place}`);
      }
    });
    test('a key of 0xff bytes only is a key', async (trial) => {
      const key = new Uint8Array(Math.min(32, capabilities.maxKeyBytes)).fill(0xff);
      await trial.store.put(key, 'value');
      equal(await trial.store.delete(key), true, 'the delete');
    });
    test('a string and its UTF-8 bytes are the same key and the same value', async (trial) => {
      const key = `${trial.newKey()}-ü€😀`;
      await trial.store.put(key, 'ü€😀');
      const { value } = await present(trial.store, stringToBytes(key));
      ensure(bytesEqual(value, stringToBytes('ü€😀')), 'the value is not UTF-8');
    });
    test('a string that is not well-formed is refused', async (trial) => {
      const key = trial.newKey();
      await refuses(trial.store.put(key, '\ud800'), 'INVALID_ARGUMENT', 'a value');
      await refuses(trial.store.put(`${key}\udc00`, 'value'), 'INVALID_ARGUMENT', 'a key');
      equal(await read(trial.store, key), null, 'the value');
    });
    test('a part of a larger buffer is stored as that part', async (trial) => {
      const whole = stringToBytes(`..${trial.newKey()}..`);
      const key = whole.subarray(2, -2);
      await trial.store.put(key, whole.subarray(2, 5));
      equal((await present(trial.store, new Uint8Array(key))).value.length, 3, 'the length');
    });
    test('what a caller changes after its call does not matter', async (trial) => {
      const name = trial.newKey();
      const key = stringToBytes(name);
      const value = stringToBytes('kept');
      const put = trial.store.put(key, value);
      key.fill(0x78);
      value.fill(0x78);
      await put;
      value.fill(0x79);
      equal(await read(trial.store, name), 'kept', 'the value');
    });
    test('what a caller changes in an answer does not matter', async (trial) => {
      const key = trial.newKey();
      const stale = await trial.write(key, 'older');
      await trial.write(key, 'kept');
      (await present(trial.store, key)).value.fill(0x78);
      (await trial.store.get(key)).value.fill(0x78);
      const lost = await settle(trial.store.put(key, 'late', { ifMatchVersion: stale }));
      const entry = lost.ok ? undefined : (lost.error as { actual?: { value: Uint8Array } | null }).actual;
      entry?.value.fill(0x78);
      equal(await read(trial.store, key), 'kept', 'the value');
    });
  },
};

/** 18 */
export const emptyValue: Group = {
  number: 18,
  name: 'an empty value is not a missing key',
  define({ capabilities, test }) {
    test('it is found, with a version that works', async (trial) => {
      const key = trial.newKey();
      const version = await trial.write(key, '');
      const entry = await present(trial.store, key);
      equal(entry.value.length, 0, 'the length');
      equal((await trial.store.get(key)).version, version, 'the version');
      if (capabilities.atomicCas) await trial.write(key, new Uint8Array(0), { ifMatchVersion: version });
    });
    test('it is in the way of a create, and can be deleted', async (trial) => {
      const key = trial.newKey();
      await trial.write(key, '');
      const created = await settle(trial.store.put(key, 'value', { ifNotExists: true }));
      ensure(!created.ok, 'the create succeeded');
      const code = created.ok ? undefined : errorCode(created.error);
      equal(code, capabilities.createIfAbsent ? 'ALREADY_EXISTS' : 'UNSUPPORTED', 'the error');
      equal(await trial.store.delete(key), true, 'the delete');
    });
  },
};

function joined(start: string, end: readonly number[]): Uint8Array {
  return Uint8Array.from([...stringToBytes(start), ...end]);
}
