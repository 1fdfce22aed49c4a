import { type NoriKVError, UnavailableError } from '@norikv/store';
import { FakeClock } from '@norikv/testkit';
import { describe, expect, test } from 'vitest';
import { WriteQueue } from '../src/write-queue.js';
import type { WriteTransaction } from '../src/write-transaction.js';

const order = { bytes: 1, options: {}, key: 'key' };

describe('a write queue', () => {
  test('whose commit fails with an unknown outcome takes no more writes', async () => {
    const disk = new BrokenDisk();
    const queue = queueOn(disk);
    expect(await queue.submit({ ...order, work: () => 'first' })).toBe('first');
    disk.failure = new UnavailableError('The header could not be written');
    const entered = queue.submit({ ...order, work: () => 'second' });
    disk.onCommit = () => {
      waiting = queue.submit({ ...order, work: () => 'third' });
    };
    let waiting: Promise<string> | undefined;
    await expect(entered).rejects.toBe(disk.failure);
    await expect(waiting).rejects.toMatchObject({ outcome: 'not-applied', cause: disk.failure });
    expect(() => queue.submit({ ...order, work: () => 'fourth' })).toThrow('An earlier commit failed');
    await queue.drained();
  });

  test('whose commit fails without having applied anything goes on', async () => {
    const disk = new BrokenDisk();
    const queue = queueOn(disk);
    disk.failure = new UnavailableError('No', { outcome: 'not-applied' });
    await expect(queue.submit({ ...order, work: () => 'first' })).rejects.toBe(disk.failure);
    disk.failure = undefined;
    expect(await queue.submit({ ...order, work: () => 'second' })).toBe('second');
  });

  test('whose commit fails before it begins refuses what waits', async () => {
    const disk = new BrokenDisk();
    const queue = queueOn(disk);
    disk.failure = new UnavailableError('No', { outcome: 'not-applied' });
    disk.failsEarly = true;
    const writes = [1, 2].map((number) => queue.submit({ ...order, work: () => number }));
    for (const write of writes) await expect(write).rejects.toBe(disk.failure);
    expect(queue.waiting).toBe(0);
  });

  test('takes back everything when a write breaks in the middle of its work', async () => {
    const disk = new BrokenDisk();
    const queue = queueOn(disk);
    const bug = new TypeError('a bug');
    const writes = [
      queue.submit({ ...order, work: () => 'fine' }),
      queue.submit({ ...order, work: () => fail(bug) }),
    ];
    for (const write of writes) await expect(write).rejects.toBe(bug);
    expect(disk.commits).toBe(0);
  });
});

function fail(error: Error): never {
  throw error;
}

/** Stands in for LMDB where LMDB cannot be made to fail. */
class BrokenDisk {
  failure: NoriKVError | undefined;
  failsEarly = false;
  commits = 0;
  onCommit: () => void = () => undefined;

  async commit(work: () => void): Promise<void> {
    await Promise.resolve();
    if (this.failure && this.failsEarly) throw this.failure;
    work();
    this.onCommit();
    await Promise.resolve();
    if (this.failure) throw this.failure;
    this.commits += 1;
  }
}

function queueOn(disk: BrokenDisk): WriteQueue {
  const transaction = { nowMs: 0, end: () => undefined } as unknown as WriteTransaction;
  return new WriteQueue({
    clock: new FakeClock(),
    maxPendingBytes: 1_000,
    commit: (work) => disk.commit(work),
    begin: () => transaction,
  });
}
