import { createMemoryStore } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { openBoard } from '../src/board.js';
import { jobCodec, OtherJobError } from '../src/job.js';

const plan = { id: 'plan', chunks: [['a'], ['b'], ['c']] };

describe('the job', () => {
  it('gives each chunk to one worker', async () => {
    const board = openBoard(createMemoryStore());
    await board.begin(plan);
    const workers = await Promise.all([board.hire(), board.hire(), board.hire(), board.hire()]);
    expect(workers).toEqual([1, 2, 3, 4]);
    expect(await Promise.all(workers.map(board.claim))).toEqual([0, 1, 2, undefined]);
  });

  it('frees the chunk of a dead worker, and only that', async () => {
    const board = openBoard(createMemoryStore());
    await board.begin(plan);
    await board.claim(1);
    await board.claim(2);
    await board.finish(0);
    await board.claim(1);
    await board.release(1);
    await board.release(3);
    expect((await board.begin(plan)).chunks).toEqual(['done', 'free', 'free']);
  });

  it('hands out only free chunks', async () => {
    const board = openBoard(createMemoryStore());
    await board.begin(plan);
    await board.claim(1);
    await board.claim(2);
    await board.finish(0);
    await board.release(2);
    expect(await board.claim(3)).toBe(1);
    expect(await board.claim(3)).toBe(2);
    expect(await board.claim(3)).toBe(undefined);
  });

  it('goes on where it stopped, without the claims of then', async () => {
    const store = createMemoryStore();
    const before = openBoard(store);
    await before.begin(plan);
    await before.claim(await before.hire());
    await before.claim(1);
    await before.finish(0);
    const after = openBoard(store);
    expect(await after.begin(plan)).toEqual({ plan: 'plan', hired: 1, chunks: ['done', 'free', 'free'] });
    expect(await after.hire()).toBe(2);
  });

  it('is not mixed with the job of another plan', async () => {
    const board = openBoard(createMemoryStore());
    await board.begin(plan);
    await expect(board.begin({ ...plan, id: 'other' })).rejects.toThrow(OtherJobError);
  });

  it('must have begun, and must be a job', async () => {
    await expect(openBoard(createMemoryStore()).claim(1)).rejects.toThrow('The record of the job is gone');
    expect(() => jobCodec.decode(new TextEncoder().encode('{}'))).toThrow('not the record of a job');
  });
});
