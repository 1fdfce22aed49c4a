import type { PutOptions } from '@norikv/store';
import { countWinners, equal, read, refuses } from './assertions.js';
import type { Group, Suite } from './group.js';
import { refusesPutsBeside } from './refused-puts.js';
import { testRestarts } from './restarts.js';
import type { Trial } from './trial.js';

const ttlMs = 300;
const aliveMs = 3_600_000;

/** 12 */
export const expiry: Group = {
  number: 12,
  name: 'expiry',
  define(suite) {
    if (suite.capabilities.ttl === 'none') return expiryIsRefused(suite);
    const { test, can } = suite;
    test('a key is there until its time is over, never less', async (trial) => {
      const key = trial.newKey();
      const start = trial.time();
      await trial.store.put(key, 'value', { ttlMs });
      for (;;) {
        const value = await read(trial.store, key);
        const elapsedMs = trial.time() - start;
        if (elapsedMs > ttlMs - 1) return; // 1 ms: an engine's clock may count whole milliseconds.
        equal(value, 'value', `the value ${elapsedMs} ms after a put for ${ttlMs} ms`);
        await trial.elapse(Math.max(1, Math.min(20, ttlMs - 1 - elapsedMs)));
      }
    });
    test(`it is gone when its time and the tolerance (${toleranceMs(suite)} ms) are over`, async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'value', { ttlMs });
      await trial.elapse(ttlMs + toleranceMs(suite));
      equal(await read(trial.store, key), null, 'the value');
      await refuses(trial.store.get(key), 'KEY_NOT_FOUND', 'get');
    });
    test('an older value does not come back', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'older');
      await trial.store.put(key, 'newer', { ttlMs });
      await trial.elapse(ttlMs + toleranceMs(suite));
      equal(await read(trial.store, key), null, 'the value');
      if (can.reopen) await trial.reopen();
      equal(await read(trial.store, key), null, 'the value after opening again');
    });
    testRestarts(suite, 'times of expiry', async (trial, restart) => {
      const [short, long] = [trial.newKey(), trial.newKey()];
      await trial.store.put(short, 'value', { ttlMs });
      await trial.store.put(long, 'value', { ttlMs: aliveMs });
      await restart();
      equal(await read(trial.store, long), 'value', 'a key with time left');
      await trial.elapse(ttlMs + toleranceMs(suite));
      equal(await read(trial.store, short), null, 'a key whose time is over');
    });
  },
};

/** 13 */
export const expiryAndConditions: Group = {
  number: 13,
  name: 'expiry meets writes and conditions',
  define(suite) {
    if (suite.capabilities.ttl === 'none') return expiryIsRefused(suite);
    const { capabilities, test, can, skip } = suite;
    const expire = (trial: Trial): Promise<void> => trial.elapse(ttlMs + toleranceMs(suite));
    test('a put without ttlMs clears the expiry', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'first', { ttlMs: aliveMs });
      await trial.store.put(key, 'short', { ttlMs });
      await trial.store.put(key, 'kept');
      await expire(trial);
      equal(await read(trial.store, key), 'kept', 'the value');
    });
    test('each kind of put sets the expiry anew', async (trial) => {
      const isGone = new Map<string, boolean>();
      const write = async (options: PutOptions): Promise<void> => {
        const [handle, key] = [trial.nextHandle(), trial.newKey()];
        isGone.set(key, options.ttlMs !== undefined);
        await handle.put(key, 'first', { ttlMs });
        const { version } = await handle.get(key);
        if (options.ifNotExists) await handle.delete(key);
        const condition = options.ifNotExists ? {} : { ifMatchVersion: version };
        await handle.put(key, 'second', { ...condition, ...options });
      };
      if (capabilities.atomicCas) await write({});
      if (capabilities.atomicCas) await write({ ttlMs });
      if (capabilities.createIfAbsent) await write({ ifNotExists: true });
      if (capabilities.createIfAbsent) await write({ ifNotExists: true, ttlMs });
      await expire(trial);
      for (const [key, gone] of isGone) equal(await read(trial.store, key), gone ? null : 'second', key);
    });
    test('a ttlMs counts beside every other option', async (trial) => {
      const others: PutOptions[] = [{ timeoutMs: aliveMs }, { signal: new AbortController().signal }];
      if (capabilities.idempotency !== 'none') others.push({ idempotencyKey: trial.newKey() });
      const puts = others.map((options) => ({ key: trial.newKey(), options }));
      for (const { key, options } of puts) await trial.store.put(key, 'value', { ...options, ttlMs });
      await expire(trial);
      for (const { key, options } of puts) {
        equal(await read(trial.store, key), null, `the value put with ${Object.keys(options)}`);
      }
    });
    if (capabilities.atomicCas) {
      test('a conditional put renews the expiry', async (trial) => {
        const key = trial.newKey();
        const version = await trial.write(key, 'first', { ttlMs: 10_000 });
        await trial.store.put(key, 'second', { ttlMs: aliveMs, ifMatchVersion: version });
        if (can.advance) await trial.elapse(10_000 + toleranceMs(suite));
        equal(await read(trial.store, key), 'second', 'the value');
      });
      test('the version of an expired key is refused', async (trial) => {
        const key = trial.newKey();
        const version = await trial.write(key, 'value', { ttlMs });
        await expire(trial);
        await refuses(
          trial.store.put(key, 'late', { ifMatchVersion: version }),
          'VERSION_MISMATCH',
          'a put on the expired version',
        );
        equal(await read(trial.store, key), null, 'the value');
      });
    }
    if (capabilities.deleteCas) {
      test('a conditional delete of an expired key is refused', async (trial) => {
        const key = trial.newKey();
        const version = await trial.write(key, 'value', { ttlMs });
        await expire(trial);
        await refuses(trial.store.delete(key, { ifMatchVersion: version }), 'VERSION_MISMATCH', 'the delete');
      });
    }
    test('deleting an expired key finds nothing', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(key, 'value', { ttlMs });
      await expire(trial);
      equal(await trial.store.delete(key), false, 'the answer');
    });
    if (capabilities.createIfAbsent) {
      test('of 64 creates on an expired key exactly one wins', async (trial) => {
        const [key, alive] = [trial.newKey(), trial.newKey()];
        await trial.store.put(alive, 'value', { ttlMs: aliveMs });
        await refuses(
          trial.store.put(alive, 'early', { ifNotExists: true }),
          'ALREADY_EXISTS',
          'an early create',
        );
        await trial.store.put(key, 'value', { ttlMs });
        await expire(trial);
        const calls = Array.from({ length: trial.scaled(64, 8) }, (_, racer) =>
          trial.nextHandle().put(key, `racer ${racer}`, { ifNotExists: true }),
        );
        equal(await countWinners(calls, 'ALREADY_EXISTS'), 1, 'winners');
      });
    }
    if (!can.jumpWallClock)
      skip('an expired key stays absent when the clock is set back', 'no jumpWallClock hook');
    else {
      test('an expired key stays absent when the clock is set back', async (trial) => {
        const key = trial.newKey();
        await trial.store.put(key, 'value', { ttlMs });
        await expire(trial);
        equal(await read(trial.store, key), null, 'the value');
        await trial.jumpWallClock(-3_600_000);
        equal(await read(trial.store, key), null, 'the value an hour earlier');
        await trial.jumpWallClock(7_200_000);
        equal(await read(trial.store, key), null, 'the value an hour later');
      });
    }
  },
};

function expiryIsRefused(suite: Suite): void {
  suite.test('unsupported: ttlMs is refused and writes nothing', (trial) =>
    refusesPutsBeside({ ttlMs }, suite, trial),
  );
}

/** How late an expiry may be noticed. */
export function toleranceMs({ capabilities, expectations }: Suite): number {
  if (capabilities.ttl === 'coarse') return expectations.coarseTtlMs ?? 2_000;
  return 20 + (expectations.ttlToleranceMs ?? 0);
}
