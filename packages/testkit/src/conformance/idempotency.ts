import { ensure, equal, present, read, refuses, settle } from './assertions.js';
import { toleranceMs } from './expiry.js';
import type { Group, Suite } from './group.js';
import { refusesPutsBeside } from './refused-puts.js';
import { testRestarts } from './restarts.js';

const ttlMs = 300;

/** 15 */
export const idempotency: Group = {
  number: 15,
  name: 'idempotency keys',
  define(suite) {
    const { capabilities, expectations, can, test, skip } = suite;
    if (capabilities.idempotency === 'none') return keysAreRefused(suite);
    test('the same id again answers with the first version and writes nothing', async (trial) => {
      const key = trial.newKey();
      const idempotencyKey = trial.newKey();
      const first = await trial.store.put(key, 'first', { idempotencyKey });
      const between = await trial.write(key, 'between');
      equal(await trial.store.put(key, 'again', { idempotencyKey }), first, 'the repeated answer');
      equal((await present(trial.store, key)).version, between, 'the version now');
      equal(await read(trial.store, key), 'between', 'the value now');
      await trial.store.delete(key);
      equal(await trial.store.put(key, 'again', { idempotencyKey }), first, 'the answer after a delete');
      equal(await read(trial.store, key), null, 'the value after a delete');
    });
    test('an id is scoped by key', async (trial) => {
      const [one, other, idempotencyKey] = [trial.newKey(), trial.newKey(), trial.newKey()];
      await trial.store.put(one, 'value', { idempotencyKey });
      await trial.store.put(other, 'value', { idempotencyKey });
      equal(await read(trial.store, other), 'value', 'the other key');
    });
    test('key and id cannot be confused', async (trial) => {
      const key = trial.newKey();
      await trial.store.put(`${key}:a`, 'value', { idempotencyKey: 'b' });
      await trial.store.put(key, 'value', { idempotencyKey: 'a:b' });
      equal(await read(trial.store, key), 'value', 'the shorter key');
    });
    test('an id is scoped by operation', async (trial) => {
      const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
      await trial.store.put(key, 'value', { idempotencyKey });
      equal(await trial.store.delete(key, { idempotencyKey }), true, 'the delete');
      equal(await read(trial.store, key), null, 'the value');
    });
    test('a repeated delete answers as the first and deletes nothing', async (trial) => {
      const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
      for (const existed of [true, false]) {
        if (existed) await trial.store.put(key, 'first');
        else await trial.store.delete(key);
        const options = { idempotencyKey: `${idempotencyKey} ${existed}` };
        equal(await trial.store.delete(key, options), existed, 'the first answer');
        await trial.store.put(key, 'second');
        equal(await trial.store.delete(key, options), existed, 'the repeated answer');
        equal(await read(trial.store, key), 'second', 'the value');
      }
    });
    if (capabilities.deleteCas) {
      test('a repeated conditional delete answers with its success; a failure is not remembered', async (trial) => {
        const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
        const stale = await trial.write(key, 'first');
        const options = { ifMatchVersion: await trial.write(key, 'second'), idempotencyKey };
        const early = trial.store.delete(key, { ifMatchVersion: stale, idempotencyKey });
        await refuses(early, 'VERSION_MISMATCH', 'the delete of a stale version');
        equal(await trial.store.delete(key, options), true, 'the first answer');
        equal(await trial.store.delete(key, options), true, 'the repeated answer');
      });
    }
    test('of concurrent twins one is executed', async (trial) => {
      const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
      const answers = await Promise.all(
        Array.from({ length: 16 }, (_, twin) =>
          trial.nextHandle().put(key, `twin ${twin}`, { idempotencyKey }),
        ),
      );
      const { version } = await present(trial.store, key);
      for (const answer of answers) equal(answer, answers[0], 'the answer of a twin');
      if (capabilities.putVersionUsable) equal(answers[0], version, 'the answer');
      const deletes = Array.from({ length: 16 }, () => trial.nextHandle().delete(key, { idempotencyKey }));
      for (const answer of await Promise.all(deletes))
        equal(answer, true, 'the answer of a twin that deletes');
    });
    const lifeMs = ttlMs + toleranceMs(suite);
    if (capabilities.ttl !== 'none' && lifeMs < (expectations.idempotencyWindowMs ?? Infinity)) {
      test('an id is remembered longer than what was put under it lives', async (trial) => {
        const key = trial.newKey();
        const options = { idempotencyKey: trial.newKey(), ttlMs };
        const first = await trial.store.put(key, 'value', options);
        await trial.elapse(lifeMs);
        equal(await trial.store.put(key, 'again', options), first, 'the repeated answer');
        ensure((await read(trial.store, key)) !== 'again', 'the repeated put was executed');
      });
    }
    if (capabilities.createIfAbsent) {
      test('a failure is not remembered', async (trial) => {
        const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
        await trial.store.put(key, 'in the way');
        await settle(trial.store.put(key, 'value', { ifNotExists: true, idempotencyKey }));
        await trial.store.delete(key);
        const options = { ifNotExists: true, idempotencyKey };
        const first = await trial.store.put(key, 'value', options);
        equal(await read(trial.store, key), 'value', 'the value');
        equal(await trial.store.put(key, 'value', options), first, 'the repeated answer');
      });
    }
    if (capabilities.atomicCas) {
      test('a repeated conditional put answers with its success, not with a mismatch', async (trial) => {
        const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
        const stale = await trial.write(key, 'stale');
        const before = await trial.write(key, 'before');
        const early = trial.store.put(key, 'early', { ifMatchVersion: stale, idempotencyKey });
        await refuses(early, 'VERSION_MISMATCH', 'the put on a stale version');
        const options = { ifMatchVersion: before, idempotencyKey };
        const first = await trial.store.put(key, 'after', options);
        equal(await trial.store.put(key, 'after', options), first, 'the repeated answer');
      });
    }
    if (capabilities.idempotency !== 'durable') skip('ids survive restarts', 'declared as not durable');
    else {
      testRestarts(suite, 'ids', async (trial, restart) => {
        const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
        const first = await trial.store.put(key, 'first', { idempotencyKey });
        await restart();
        equal(await trial.store.put(key, 'again', { idempotencyKey }), first, 'the repeated answer');
        equal(await read(trial.store, key), 'first', 'the value');
      });
    }
    const windowMs = expectations.idempotencyWindowMs;
    if (windowMs === undefined || !can.advance) {
      skip('an id is forgotten after its window', 'no advance hook or no idempotencyWindowMs');
    } else {
      test('an id is remembered through its window and forgotten after it', async (trial) => {
        const [key, idempotencyKey] = [trial.newKey(), trial.newKey()];
        await trial.store.put(key, 'first', { idempotencyKey });
        await trial.elapse(windowMs - 1);
        await trial.store.put(key, 'second', { idempotencyKey });
        equal(await read(trial.store, key), 'first', 'the value within the window');
        await trial.elapse(windowMs + 1);
        await trial.store.put(key, 'third', { idempotencyKey });
        equal(await read(trial.store, key), 'third', 'the value after the window');
      });
    }
  },
};

function keysAreRefused(suite: Suite): void {
  const idempotencyKey = 'id';
  suite.test('unsupported: an idempotency key is refused and nothing is written', async (trial) => {
    await refusesPutsBeside({ idempotencyKey }, suite, trial);
    const taken = trial.newKey();
    const version = await trial.write(taken, 'kept');
    for (const ifMatchVersion of suite.capabilities.deleteCas ? [null, version] : [null]) {
      const call = trial.store.delete(taken, { idempotencyKey, ifMatchVersion });
      await refuses(call, 'UNSUPPORTED', 'the delete');
    }
    equal(await read(trial.store, taken), 'kept', 'the present key');
  });
}
