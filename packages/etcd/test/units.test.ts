import { describe, expect, it, onTestFinished } from 'vitest';
import { collectGarbage } from '../../testkit/test/collect-garbage.js';
import { CallLimit } from '../src/call-limit.js';
import { Cluster } from '../src/cluster.js';
import { Gate } from '../src/gate.js';
import { settingsOf } from '../src/options.js';

describe('a gate', () => {
  it('passes on the place of a call that gave up as its turn came', async () => {
    const gate = new Gate({ maxInFlight: 1, maxPendingBytes: 1_000 });
    const controller = new AbortController();
    let finishFirst = (): void => {};
    const first = gate.pass(1, new CallLimit({}, 60_000), () => {
      return new Promise<void>((resolve) => {
        finishFirst = resolve;
      });
    });
    const { signal } = controller;
    const second = gate.pass(1, new CallLimit({ signal }, 60_000), async () => 'second');
    const third = gate.pass(1, new CallLimit({}, 60_000), async () => 'third');
    controller.abort();
    finishFirst();
    await expect(second).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
    expect(await third).toBe('third');
    await first;
    await gate.idle();
  });
});

describe('a cluster', () => {
  it('that is closed gives no host, also to those who wait', async () => {
    const cluster = new Cluster(settingsOf({ hosts: '127.0.0.1:1' }));
    const waiting = cluster.host(new CallLimit({}, 60_000));
    expect(cluster.id).toBe(0n);
    cluster.close();
    await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' });
  });
});

describe('an outage', () => {
  it('leaves nothing in memory of calls that have given up, however long it lasts', async () => {
    const cluster = new Cluster(settingsOf({ hosts: '127.0.0.1:1' }));
    onTestFinished(() => cluster.close());
    const errors: WeakRef<object>[] = [];
    for (let call = 0; call < 100; call += 1) {
      const controller = new AbortController();
      const given = cluster
        .host(new CallLimit({ signal: controller.signal }, 60_000))
        .catch((error) => error);
      controller.abort();
      errors.push(new WeakRef(await given));
    }
    await expect
      .poll(() => {
        collectGarbage();
        return errors.filter((error) => error.deref()).length;
      })
      .toBeLessThan(10);
  });
});

describe('a limit', () => {
  it('says how long it was and what went wrong before, once its time is over', async () => {
    const limit = new CallLimit({}, 1);
    await expect.poll(() => limit.remainingMs).toBeLessThanOrEqual(0);
    expect(() => limit.check(new Error('no leader'))).toThrow(
      expect.objectContaining({
        code: 'DEADLINE_EXCEEDED',
        outcome: 'not-applied',
        message: expect.stringContaining('No answer within 1 ms (no leader)'),
      }),
    );
  });

  it('that was reached before ends a wait at once', async () => {
    const controller = new AbortController();
    const limit = new CallLimit({ signal: controller.signal }, 60_000);
    controller.abort();
    await expect(limit.wait(new Promise(() => {}))).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
