import { AlreadyExistsError, type NoriKVError, UnavailableError } from '@norikv/store';
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
    let waiting: Promise<string> | undefined;
    disk.onCommit = () => {
      waiting = queue.submit({ ...order, work: () => 'third' });
    };
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

  test('answers with what the last of several tries gave', async () => {
    const disk = new BrokenDisk();
    disk.tries = 3;
    const queue = queueOn(disk);
    let tries = 0;
    const refused = queue.submit({
      ...order,
      work: () => {
        tries += 1;
        throw new AlreadyExistsError(`try ${tries}`);
      },
    });
    const answered = queue.submit({
      ...order,
      work: () => {
        if (tries < 3) throw new AlreadyExistsError('too early');
        return tries;
      },
    });
    await expect(refused).rejects.toThrow('try 3');
    expect(await answered).toBe(3);
  });

  test('does not try again for a caller that has given up', async () => {
    const disk = new BrokenDisk();
    disk.tries = 2;
    const queue = queueOn(disk);
    const controller = new AbortController();
    disk.onCommit = () => controller.abort();
    let tries = 0;
    const options = { signal: controller.signal };
    const write = queue.submit({ ...order, options, work: () => ++tries });
    await expect(write).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'unknown' });
    await queue.drained();
    expect(tries).toBe(1);
  });

  test('gives the room of a write that was given up back at once', async () => {
    const queue = queueOn(new BrokenDisk());
    const controller = new AbortController();
    const large = { ...order, bytes: 1_000 };
    const given = queue.submit({ ...large, options: { signal: controller.signal }, work: () => 'given up' });
    controller.abort();
    expect(queue.waiting).toBe(0);
    const next = queue.submit({ ...large, work: () => 'next' });
    await expect(given).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await next).toBe('next');
  });

  test('fails all of a batch in which a write breaks', async () => {
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
  tries = 1;
  commits = 0;
  onCommit: () => void = () => undefined;

  async commit(fill: (transaction: WriteTransaction) => void): Promise<void> {
    for (let attempt = 0; attempt < this.tries; attempt++) {
      fill({} as WriteTransaction);
      this.onCommit();
      await Promise.resolve();
    }
    if (this.failure) throw this.failure;
    this.commits += 1;
  }
}

function queueOn(disk: BrokenDisk): WriteQueue {
  return new WriteQueue({
    clock: new FakeClock(),
    maxPendingBytes: 1_000,
    commit: (fill) => disk.commit(fill),
  });
}
