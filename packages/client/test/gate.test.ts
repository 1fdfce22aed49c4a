import { systemClock } from '@norikv/store';
import { expect, it } from 'vitest';
import { CallLimit } from '../src/call-limit.js';
import { Gate } from '../src/gate.js';

it('a caller that gives up at the very moment it is let in gives its place away', async () => {
  const gate = new Gate({ maxInFlight: 1, maxWaiting: 9, maxPendingBytes: 100 });
  const limit = (signal?: AbortSignal): CallLimit => new CallLimit(systemClock, 10_000, signal, 'key');
  expect(gate.enter(10, limit(), 'key')).toBeUndefined();
  const controller = new AbortController();
  const fickle = gate.enter(10, limit(controller.signal), 'key');
  const patient = gate.enter(10, limit(), 'key');
  gate.leave(10);
  controller.abort();
  await expect(fickle).rejects.toMatchObject({ code: 'CANCELLED', outcome: 'not-applied' });
  await patient;
  expect(gate).toMatchObject({ inFlight: 1, waiting: 0, pendingBytes: 10 });
  const idle = gate.idle();
  gate.leave(10);
  await idle;
  await gate.idle();
  expect(gate).toMatchObject({ inFlight: 0, pendingBytes: 0 });
});

it('a call that is over already waits for nothing', async () => {
  const signal = AbortSignal.abort('reason');
  const limit = new CallLimit(systemClock, 10_000, signal, 'key');
  await expect(limit.wait(Promise.resolve(1))).rejects.toMatchObject({ code: 'CANCELLED', cause: 'reason' });
  await expect(limit.pause(1)).rejects.toMatchObject({ code: 'CANCELLED' });
  // And what fails later, such as a token that cannot be had, ends no process.
  const failing = Promise.reject(new Error('the vault is closed'));
  await expect(limit.wait(failing)).rejects.toMatchObject({ code: 'CANCELLED' });
});
