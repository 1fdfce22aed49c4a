import { UnavailableError } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { expect, it } from 'vitest';
import { createServer } from '../src/index.js';
import { run } from './support/run.js';

it('scripts can tell what became of a call', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  const { address } = server;
  const codeOf = async (...args: string[]): Promise<number> => (await run(args)).code;
  expect(await codeOf('put', address, 'key', 'value')).toBe(0);
  expect(await codeOf('get', address, 'absent')).toBe(3);
  expect(await codeOf('delete', address, 'absent')).toBe(0);
  expect(await codeOf('put', address, 'key', 'value', '--if-absent')).toBe(4);
  expect(await codeOf('put', address, 'key', 'value', '--if-version', '9/9')).toBe(4);
  expect(await codeOf('delete', address, 'key', '--if-version', '9/9')).toBe(4);
  // Refused by the client's own checks, as no other time would it do.
  expect(await codeOf('put', address, 'key', 'value', '--if-absent', '--if-version', '1/1')).toBe(2);
  expect(await codeOf('get', address, '')).toBe(2);
  expect(await codeOf('put', address, 'key')).toBe(2);
  await server.close();
  // Nobody listens: nothing was sent.
  expect(await codeOf('put', address, 'key', 'value', '--timeout-ms', '500')).toBe(1);
});

it.each([
  ['without a word', new Error('the disk is on fire')],
  ['by name', new UnavailableError('the header could not be written')],
])('a write that failed %s may have been applied, and a read has only failed', async (_how, problem) => {
  const fail = (): Promise<never> => Promise.reject(problem);
  const store = Object.assign(createMemoryStore(), { put: fail, delete: fail, get: fail, find: fail });
  await using server = await createServer(store, { port: 0 });
  const patience = ['--timeout-ms', '1000'];
  expect(await run(['put', server.address, 'key', 'value', ...patience])).toMatchObject({
    code: 5,
    error: expect.stringContaining(', unknown)'),
  });
  expect((await run(['delete', server.address, 'key', ...patience])).code).toBe(5);
  expect((await run(['get', server.address, 'key', ...patience])).code).toBe(1);
});

it('a value from standard input is no longer than a value can be', async () => {
  let pieces = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      pieces += 1;
      yield new Uint8Array(2 ** 16);
    }
  }
  expect(await run(['put', '127.0.0.1:1', 'key', '-'], {}, endless)).toEqual({
    code: 2,
    out: '',
    error: expect.stringContaining('standard input has more than 1048576 bytes'),
  });
  expect(pieces).toBe(17);
});

it('a value from standard input that breaks off is not written', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  async function* breaking(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(1);
    throw new Error('read EIO');
  }
  expect(await run(['put', server.address, 'key', '-'], {}, breaking)).toMatchObject({
    code: 2,
    error: expect.stringContaining('standard input cannot be read: read EIO'),
  });
  expect((await run(['get', server.address, 'key'])).code).toBe(3);
});
