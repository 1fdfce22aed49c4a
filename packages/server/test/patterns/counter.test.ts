import { setTimeout as sleep } from 'node:timers/promises';
import { type CancelTimer, type Clock, systemClock } from '@norikv/store';
import type { MemoryStoreOptions } from '@norikv/testkit';
import { afterAll, vi } from 'vitest';

const opened: { close(): Promise<void> }[] = [];

// Suites of @norikv/counter, each of whose memory stores is behind a server. Virtual time waits for no server, so
// their clocks show the real one.
vi.mock('@norikv/testkit', async (original) => {
  const testkit = await original<typeof import('@norikv/testkit')>();
  const { behindServer } = await import('../support/behind-a-server.js');
  return {
    ...testkit,
    FakeClock: RealClock,
    createMemoryStore(options?: MemoryStoreOptions): ReturnType<typeof behindServer> {
      const store = behindServer(testkit.createMemoryStore(options));
      opened.push(store);
      return store;
    },
  };
});

/** Stands in for a fake clock where nothing is asked of it but to let time pass. */
class RealClock implements Clock {
  now(): number {
    return systemClock.now();
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  startTimer(callback: () => void, delayMs: number): CancelTimer {
    // Deadlines of seconds are of virtual time; a loaded machine may need longer than that.
    return systemClock.startTimer(callback, delayMs >= 1_000 ? delayMs * 20 : delayMs);
  }

  async advance(ms: number): Promise<void> {
    await sleep(ms);
  }

  async run<Result>(work: PromiseLike<Result> | (() => PromiseLike<Result>)): Promise<Result> {
    return typeof work === 'function' ? work() : work;
  }
}

afterAll(async () => {
  for (const store of opened) await store.close();
});

vi.setConfig({ testTimeout: 240_000 });

await import('../../../counter/test/operation-ids.test.js');
await import('../../../counter/test/bounds.test.js');
await import('../../../counter/test/capabilities.test.js');
await import('../../../counter/test/model.test.js');
