import { countCalls, createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createUpdater, keep, remove, type Updater, write } from '../src/index.js';
import { numberCodec } from './simulation.js';

const add = (updater: Updater, delta: number, opId: string): Promise<number> =>
  updater.update('n', numberCodec, (current = 0) => write(current + delta, current + delta), {
    opId,
    fingerprint: `add ${delta}`,
  });

describe('an operation id', () => {
  it('makes a repetition answer the same without applying it again: at once, later, from another process', async () => {
    const memory = createMemoryStore();
    const first = createUpdater(countCalls(memory));
    expect(await Promise.all([add(first, 5, 'a'), add(first, 5, 'a'), add(first, 1, 'b')])).toEqual([
      5, 5, 6,
    ]);
    expect(await add(first, 5, 'a')).toBe(5);
    const restarted = createUpdater(countCalls(memory));
    expect(await add(restarted, 5, 'a')).toBe(5);
    expect(await restarted.read('n', numberCodec)).toBe(6);
  });

  it('with another command is refused, and nothing is applied', async () => {
    const updater = createUpdater(createMemoryStore());
    await add(updater, 5, 'a');
    await expect(add(updater, 6, 'a')).rejects.toMatchObject({
      code: 'OPERATION_ID_REUSED',
      message: expect.stringMatching(/"a" was first used for "add 5" and now for "add 6"/),
    });
    expect(await updater.read('n', numberCodec)).toBe(5);
  });

  it('is remembered for the last operationWindow operations of the record', async () => {
    const updater = createUpdater(createMemoryStore(), { operationWindow: 3 });
    for (const opId of ['a', 'b', 'c']) await add(updater, 1, opId);
    expect(await add(updater, 1, 'a')).toBe(1);
    await add(updater, 1, 'd');
    expect(await add(updater, 1, 'b')).toBe(2);
    expect(await add(updater, 1, 'a')).toBe(5);
  });

  it('survives removal of the record while the tombstone stays', async () => {
    const updater = createUpdater(createMemoryStore());
    await add(updater, 5, 'a');
    await updater.update('n', numberCodec, () => remove(undefined), { opId: 'r' });
    expect(await updater.read('n', numberCodec)).toBeUndefined();
    expect(await add(updater, 5, 'a')).toBe(5);
    expect(await updater.read('n', numberCodec)).toBeUndefined();
    expect(await updater.update('n', numberCodec, () => remove('again'), { opId: 'r' })).toBeUndefined();
  });

  it('of a removal that found nothing is remembered: what came since is not removed', async () => {
    const updater = createUpdater(createMemoryStore());
    const drop = (): Promise<string> =>
      updater.update('n', numberCodec, () => remove('dropped'), { opId: 'r' });
    expect(await drop()).toBe('dropped');
    await add(updater, 5, 'a');
    expect(await drop()).toBe('dropped');
    expect(await updater.read('n', numberCodec)).toBe(5);
  });

  it('of an update that changed nothing is not used up', async () => {
    const updater = createUpdater(createMemoryStore());
    expect(await updater.update('n', numberCodec, () => keep('full'), { opId: 'a' })).toBe('full');
    expect(await add(updater, 1, 'a')).toBe(1);
  });

  it.each([
    ['a bigint', 1n, 'result is 1n; use JSON, or no opId'],
    ['a function', () => 1, 'result is [object Function]; use JSON, or no opId'],
  ])('needs a result that can be stored: not %s', async (_what, result, message) => {
    const updater = createUpdater(createMemoryStore());
    const outcome = updater.update('n', numberCodec, () => write(1, result), { opId: 'a' });
    await expect(outcome).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message });
    expect(await updater.read('n', numberCodec)).toBeUndefined();
  });

  it('is answered the first time as later, and what callers do to an answer is not kept', async () => {
    const updater = createUpdater(createMemoryStore());
    const ask = (): Promise<unknown> =>
      updater.update('n', numberCodec, () => write(1, { at: new Date(0), rate: Number.NaN }), { opId: 'a' });
    const first = await ask();
    expect(first).toEqual({ at: '1970-01-01T00:00:00.000Z', rate: null });
    Object.assign(first as object, { rate: 7 });
    await updater.update('n', numberCodec, () => write(2, null));
    expect(await ask()).toEqual({ at: '1970-01-01T00:00:00.000Z', rate: null });
  });

  it('is refused for plain values, which have no room for it, and when it is no short text', async () => {
    const updater = createUpdater(createMemoryStore());
    const plain = { ...numberCodec, plain: true };
    const attempt = (codec: typeof plain, opId: unknown): Promise<number> =>
      updater.update('n', codec, () => write(1, 1), { opId: opId as string });
    await expect(attempt(plain, 'a')).rejects.toThrow(
      /^opId is "a"; use the record format: a plain value has no room/,
    );
    expect(await attempt(numberCodec as typeof plain, 'x'.repeat(256))).toBe(1);
    for (const opId of ['', 'x'.repeat(257), 7]) {
      await expect(attempt(numberCodec as typeof plain, opId)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });

  it.each(['order-1', null, 7])('that stands where options are expected is not lost: %j', async (given) => {
    const updater = createUpdater(createMemoryStore());
    const update = updater.update('n', numberCodec, () => write(1, 1), given as never);
    await expect(update).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringMatching(/options/),
    });
    expect(await updater.read('n', numberCodec)).toBeUndefined();
  });

  it('that is misspelt is not lost', async () => {
    const updater = createUpdater(createMemoryStore());
    const update = updater.update('n', numberCodec, () => write(1, 1), { opID: 'order-1' } as object);
    await expect(update).rejects.toThrow('an option is "opID"; use signal, deadlineMs, opId, ');
    expect(await updater.read('n', numberCodec)).toBeUndefined();
  });
});
