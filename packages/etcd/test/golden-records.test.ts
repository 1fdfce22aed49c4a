import { stringToBytes } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { expect, it, onTestFinished } from 'vitest';
import { type EtcdStore, openEtcd } from '../src/index.js';
import { MessageWriter } from '../src/wire/message-writer.js';
import { methods } from '../src/wire/methods.js';
import { FakeEtcd } from './support/fake-etcd.js';

/** What version 1.0 writes to etcd, in hexadecimal. Never change a line: add one beside it. */
const golden = {
  // `norikv`, a zero byte, `e`, and `greeting`.
  key: '6e6f72696b760065' + '6772656574696e67',
  // Format 1, the expiry, a zero byte, and `hello`: for ever, and to the end of the first minute of 2025.
  lasting: '01' + 'ffffffffffff' + '00' + '68656c6c6f',
  fleeting: '01' + '01941f2a6660' + '00' + '68656c6c6f',
  // `norikv`, a zero byte, `a`, and the SHA-256 of `put 8 greetingorder-17`.
  answerKey: '6e6f72696b760061' + 'c2cf62a059095e709f7aa547181538afc3c2fbe4ff487bfe0f38198b23b550f4',
  // To the end of the first day of 2025: the write was done. Of a delete: there was something.
  answer: '01' + '0194244fd800' + '00' + '01',
};

it('records are written as version 1.0 wrote them', async () => {
  const { fake, store } = await open();
  // A put alone, and one that is done because no answer is remembered.
  const done = new MessageWriter().message(1, fake.header(5n)).flag(2, true);
  fake.answer = ({ method }) => {
    if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
    return isRepeatable
      ? new MessageWriter().message(1, fake.header(5n)).message(3, new MessageWriter().message(4, done))
      : done;
  };
  let isRepeatable = false;
  const written = async (options: Parameters<EtcdStore['put']>[2]): Promise<string> => {
    await store.put('greeting', 'hello', options);
    return fake.calls.at(-1)?.bytes.toString('hex') ?? '';
  };
  expect(await written({})).toContain(putOf(golden.key, golden.lasting));
  expect(await written({ ttlMs: 60_000 })).toContain(putOf(golden.key, golden.fleeting));
  isRepeatable = true;
  expect(await written({ idempotencyKey: 'order-17' })).toContain(putOf(golden.answerKey, golden.answer));
});

it.each(['lasting', 'fleeting'] as const)('a %s record of version 1.0 is read for ever', async (name) => {
  const { fake, store } = await open();
  fake.answer = () => found(fake, golden[name]);
  expect(await store.get('greeting')).toEqual({
    value: stringToBytes('hello'),
    version: { term: 7n, index: 5n },
  });
  expect(fake.calls.at(-1)?.bytes.toString('hex')).toContain(golden.key);
});

it('an answer that version 1.0 remembered is given again', async () => {
  const { fake, store } = await open();
  const message = found(fake, golden.answer);
  fake.answer = ({ method }) => {
    if (method === methods.grantLease) return new MessageWriter().message(1, fake.header()).number(2, 9);
    const range = new MessageWriter().message(1, message);
    return new MessageWriter().message(1, fake.header(6n)).flag(2, true).message(3, range);
  };
  const version = { term: 7n, index: 5n };
  expect(await store.put('greeting', 'hello', { idempotencyKey: 'order-17' })).toEqual(version);
});

it('a record of a newer format is refused', async () => {
  const { fake, store } = await open();
  fake.answer = () => found(fake, `02${golden.lasting.slice(2)}`);
  await expect(store.get('greeting')).rejects.toMatchObject({ code: 'UNREADABLE_RECORD' });
});

async function open(): Promise<{ fake: FakeEtcd; store: EtcdStore }> {
  const fake = await FakeEtcd.start();
  onTestFinished(() => fake[Symbol.asyncDispose]());
  const store = await openEtcd({ hosts: fake.address, clock: new FakeClock() });
  onTestFinished(() => store.close());
  return { fake, store };
}

/** How etcd's wire has a put of less than 128 bytes, which names no lease or names it after these. */
function putOf(key: string, value: string): string {
  const length = (hex: string): string => (hex.length / 2).toString(16).padStart(2, '0');
  return `0a${length(key)}${key}12${length(value)}${value}`;
}

/** The answer of a range that found a key, last changed by revision 5. */
function found(fake: FakeEtcd, value: string): MessageWriter {
  const stored = new MessageWriter().number(3, 5).bytes(5, Buffer.from(value, 'hex'));
  return new MessageWriter().message(1, fake.header()).message(2, stored);
}
