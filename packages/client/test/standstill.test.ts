import { EventEmitter } from 'node:events';
import type { ClientHttp2Stream } from 'node:http2';
import { systemClock } from '@norikv/store';
import { expect, it } from 'vitest';
import { Exchange } from '../src/exchange.js';
import type { Session } from '../src/session.js';
import { answerFrame } from '../src/wire/exchange.js';

/** A session whose one stream answers when it is told to, in a process whose clock has gone on by `aheadMs`. */
function heldSession(aheadMs: () => number) {
  const stream = Object.assign(new EventEmitter(), {
    write: () => true,
    close: () => undefined,
    writableLength: 0,
  });
  let retired = 0;
  const session = {
    address: 'node:1',
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs() },
    enter: () => undefined,
    leave: () => undefined,
    retire: () => {
      retired += 1;
    },
    open: () => stream as unknown as ClientHttp2Stream,
  };
  const answer = (id: number): void => void stream.emit('data', answerFrame(id, Buffer.from('ok')));
  return { session: session as unknown as Session, answer, retired: () => retired };
}

it('answers that have arrived while the process stood still count, and their connection stays', async () => {
  let aheadMs = 0;
  const { session, answer, retired } = heldSession(() => aheadMs);
  const exchange = new Exchange(session, {});
  const ids = Array.from({ length: 150 }, (_, position) => position + 1);
  const ends = await new Promise<Promise<{ status: { code: number } }>[]>((resolve) => {
    // From here the timers come next, and then what has arrived.
    setImmediate(() => {
      const calls = ids.map(() => exchange.start(0, Buffer.alloc(1), 1).end);
      const until = performance.now() + 5;
      while (performance.now() < until);
      aheadMs = 20_000;
      setImmediate(() => {
        for (const id of ids) answer(id);
      });
      resolve(calls);
    });
  });
  const codes = (await Promise.all(ends)).map(({ status }) => status.code);
  expect(new Set(codes)).toEqual(new Set([0]));
  expect(retired()).toBe(0);
  expect(exchange.isOpen).toBe(true);
});
