import { type KvStore, UnavailableError, VersionMismatchError } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import type { Attempt } from '../src/attempt.js';
import { createCourier } from '../src/courier.js';
import { delay } from '../src/delay.js';
import { absentEnvelope } from '../src/envelope.js';
import { settingsOf } from '../src/settings.js';
import { createTransport } from '../src/transport.js';

const attempt: Attempt = {
  base: { version: undefined, bytes: 0, envelope: absentEnvelope },
  next: { ...absentEnvelope, marks: [['w', 1]] },
  bytes: Uint8Array.of(1),
  ttlMs: undefined,
};

describe('an answer that comes after its call was given up', () => {
  it.each([
    ['a version', (): { term: bigint; index: bigint } => ({ term: 1n, index: 1n })],
    [
      'a lost race',
      (): never => {
        throw new VersionMismatchError('too late');
      },
    ],
  ])('teaches nothing about round trips: %s', async (_name, answer) => {
    const clock = new FakeClock();
    const learned: number[] = [];
    const transport = Object.assign(createTransport(), {
      answered: (tookMs: number) => learned.push(tookMs),
    });
    const slow: KvStore = {
      ...createMemoryStore({ clock }),
      async put() {
        await delay(500, undefined, clock);
        return answer();
      },
      async find() {
        await delay(500, undefined, clock);
        return null;
      },
    };
    const courier = createCourier('key', slow, transport);
    const settings = settingsOf({ clock, attemptTimeoutMs: 100 });
    const delivery = await clock.run(courier.deliver(attempt, settings, () => false));
    expect(delivery.kind).toBe('unknown');
    await clock.advance(5_000);
    expect(learned).toEqual([]);
  });
});

describe('a store that is not ours', () => {
  it('may answer without a promise, or throw before it gives one: no timer is left', async () => {
    const clock = new FakeClock();
    const answers = [
      (): unknown => ({ term: 1n, index: 1n }),
      (): never => {
        throw new UnavailableError('no connection', { outcome: 'not-applied', retryable: false });
      },
    ];
    const kinds: string[] = [];
    for (const put of answers) {
      const store = { ...createMemoryStore({ clock }), put } as unknown as KvStore;
      const courier = createCourier('key', store, createTransport());
      const { kind } = await clock.run(courier.deliver(attempt, settingsOf({ clock }), () => false));
      kinds.push(kind);
    }
    expect(kinds).toEqual(['applied', 'failed']);
    expect(clock.pendingTimers).toBe(0);
  });
});
