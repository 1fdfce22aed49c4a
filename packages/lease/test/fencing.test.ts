import { bytesToString, stringToBytes } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import {
  AcquireTimeoutError,
  Fence,
  fencedGet,
  fencedPut,
  fencedSeal,
  StaleTokenError,
} from '../src/index.js';
import { stores, World } from './world.js';

describe('a Fence', () => {
  it('lets newer and equal tokens pass, and refuses older ones', () => {
    const fence = new Fence();
    expect(fence.highest).toBe(0n);
    fence.accept(3n);
    fence.accept(3n);
    expect(() => fence.accept(2n)).toThrow(StaleTokenError);
    expect(() => fence.accept(2n)).toThrow(
      expect.objectContaining({ code: 'STALE_TOKEN', token: 2n, highest: 3n, outcome: 'not-applied' }),
    );
    expect(fence.highest).toBe(3n);
  });

  it('refuses with an error that a log can write as JSON', () => {
    const error = new StaleTokenError({ token: 1n, highest: 2n });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({ code: 'STALE_TOKEN' });
    const leader = { owner: 'other', token: 2n, since: 0 };
    const late = new AcquireTimeoutError('Others hold it', { leader });
    expect(JSON.parse(JSON.stringify(late))).toMatchObject({ code: 'ACQUIRE_TIMEOUT' });
    expect(late.leader).toBe(leader);
  });

  it('compares text as numbers', () => {
    const fence = new Fence();
    fence.accept('10');
    expect(() => fence.accept('9')).toThrow(StaleTokenError);
    fence.accept('11');
    expect(fence.highest).toBe(11n);
  });

  it('starts where it left off', () => {
    expect(() => new Fence(7n).accept(6n)).toThrow(StaleTokenError);
  });
});

describe.each(stores)('fenced writes on $name', (kind) => {
  const open = (): Promise<World> => World.open(kind);

  it('keep the value and its token', async () => {
    await using world = await open();
    expect(await fencedGet(world.base, 'key')).toBeNull();
    for (const value of ['text', '', '\n', 'fence:1 9\n', new Uint8Array([0, 10, 255])]) {
      await fencedPut(world.base, 'key', value, 4n);
      const bytes = typeof value === 'string' ? stringToBytes(value) : value;
      expect(await fencedGet(world.base, 'key')).toEqual({ value: bytes, token: 4n });
    }
  });

  it.each([[{ a: 1 }], [undefined], [null], [42], [[1]], ['\ud800']])(
    'refuse what is no value, and write nothing: %j',
    async (value) => {
      await using world = await open();
      await expect(fencedPut(world.base, 'key', value as never, 1n)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
      expect(await fencedGet(world.base, 'key')).toBeNull();
    },
  );

  it('that are answered together have bytes of their own', async () => {
    await using world = await open();
    await fencedPut(world.base, 'key', 'state', 1n);
    const seals = [fencedSeal(world.base, 'key', 2n), fencedSeal(world.base, 'key', 2n)] as const;
    const [one, other] = await Promise.all(seals);
    one?.fill(0);
    expect(other).toEqual(stringToBytes('state'));
  });

  it('are refused after a newer one, and change nothing', async () => {
    await using world = await open();
    await fencedPut(world.base, 'key', 'new', 10n);
    await expect(fencedPut(world.base, 'key', 'old', 9n)).rejects.toMatchObject({
      code: 'STALE_TOKEN',
      token: 9n,
      highest: 10n,
      key: 'key',
    });
    await expect(fencedSeal(world.base, 'key', 9n)).rejects.toBeInstanceOf(StaleTokenError);
    const found = await fencedGet(world.base, 'key');
    expect(found && bytesToString(found.value ?? new Uint8Array())).toBe('new');
  });

  it('are held off by a seal, also where there is no value yet', async () => {
    await using world = await open();
    expect(await fencedSeal(world.base, 'empty', 2n)).toBeNull();
    expect(await fencedGet(world.base, 'empty')).toEqual({ value: null, token: 2n });
    expect(await world.text('empty')).toMatch(/\nfence:1 2 -\n$/);
    await expect(fencedPut(world.base, 'empty', 'late', 1n)).rejects.toBeInstanceOf(StaleTokenError);
    await fencedPut(world.base, 'key', 'state', 1n);
    expect(await fencedSeal(world.base, 'key', 2n)).toEqual(stringToBytes('state'));
    await expect(fencedPut(world.base, 'key', 'late', 1n)).rejects.toBeInstanceOf(StaleTokenError);
    const sealed = await world.base.get('key');
    expect(await fencedSeal(world.base, 'key', 2n)).toEqual(stringToBytes('state'));
    expect(await world.base.get('key')).toEqual(sealed);
    await fencedPut(world.base, 'key', 'next', 2n);
    expect(await fencedGet(world.base, 'key')).toEqual({ value: stringToBytes('next'), token: 2n });
  });

  it.each([
    'plain text',
    '{"fence":1}',
    '',
    'fence:2 1\nx',
    'fence:1 x\nx',
    'fence:1 1',
    'x fence:1 1\nx',
    'fence:1 1 +\nx',
    'fence:1 -1\nx',
  ])('leave what something else wrote as it is: %j', async (text) => {
    await using world = await open();
    await world.base.put('key', text);
    for (const use of [
      () => fencedPut(world.base, 'key', 'value', 1n),
      () => fencedSeal(world.base, 'key', 1n),
      () => fencedGet(world.base, 'key'),
    ]) {
      await expect(use()).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
    }
    expect(await world.text('key')).toBe(text);
  });

  it('do not see a buffer that its owner changes meanwhile', async () => {
    await using world = await open();
    const buffer = stringToBytes('before');
    const put = fencedPut(world.base, 'key', buffer, 1n);
    buffer.fill(0);
    await put;
    expect(await fencedGet(world.base, 'key')).toEqual({ value: stringToBytes('before'), token: 1n });
  });

  it('end when their signal or their time does', async () => {
    await using world = await open();
    const signal = AbortSignal.abort();
    await expect(fencedPut(world.base, 'key', 'value', 1n, { signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    await expect(fencedSeal(world.base, 'key', 1n, { deadlineMs: -1 })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('are settled when a reply was lost', async () => {
    await using world = await open();
    const { store, faults } = world.node();
    faults.next('put', 'lost-reply', 'own-mismatch');
    await world.run(fencedPut(store, 'key', 'one', 1n));
    await world.run(fencedPut(store, 'key', 'two', 1n));
    expect(await fencedGet(world.base, 'key')).toEqual({ value: stringToBytes('two'), token: 1n });
  });
});

it('fenced writes need no durable store', async () => {
  const store = createMemoryStore();
  await fencedPut(store, 'key', 'value', 1n);
  expect((await fencedGet(store, 'key'))?.token).toBe(1n);
});
