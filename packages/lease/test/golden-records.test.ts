import { stringToBytes } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { createLeases, fencedGet, fencedPut, fencedSeal, LeaderElection } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  balance: 'norikv:1 {"w":[["00000001000040008000",1]]}\nfence:1 3\n100',
  'leader:scheduler':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"v":1,"holder":"node-1","tenure":"00000005-0000-4000-8000-000000000000","epoch":"1","seq":0,"ttlMs":10000,"since":1735689600000}',
  'lease:free':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"v":1,"holder":null,"tenure":"00000003-0000-4000-8000-000000000000","seq":1,"ttlMs":15000,"since":1735689600000,"epoch":"1"}',
  'lease:report':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"v":1,"holder":"worker-1","tenure":"00000002-0000-4000-8000-000000000000","seq":1,"ttlMs":15000,"since":1735689600000,"epoch":"1"}',
  sealed: 'norikv:1 {"w":[["00000001000040008000",1]]}\nfence:1 18446744073709551616 -\n',
  'semaphore/0:exports':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"v":1,"holder":"worker-1","tenure":"00000004-0000-4000-8000-000000000000","epoch":"1","seq":0,"ttlMs":15000,"since":1735689600000}',
  'semaphore:exports': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"v":1,"limit":3}',
};

const capabilities = { durableAck: true };

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const options = { clock };
  const memory = createMemoryStore({ clock, capabilities });
  const left = recordsLeftBy(memory, async (store) => {
    const leases = createLeases(store, { ...options, owner: 'worker-1' });
    const report = await leases.tryAcquire('report', { autoRenew: false });
    await report?.renew();
    await (await leases.tryAcquire('free'))?.release();
    await leases.semaphore('exports', 3).tryAcquire({ autoRenew: false });
    const election = new LeaderElection(store, 'scheduler', 'node-1', 10_000, options);
    await election.start(
      () => {},
      () => {},
    );
    await fencedPut(store, 'balance', '100', 3n);
    await fencedSeal(store, 'sealed', 2n ** 64n);
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock, capabilities });
  await putRecords(store, golden);
  const leases = createLeases(store, { clock });
  const since = clock.now();
  expect(await leases.holder('report')).toEqual({ owner: 'worker-1', token: 1n, since });
  expect(await leases.tryAcquire('report')).toBeNull();
  expect(await leases.holder('free')).toBeNull();
  expect((await leases.tryAcquire('free', { autoRenew: false }))?.token).toBe(2n);
  await expect(leases.semaphore('exports', 4).tryAcquire()).rejects.toMatchObject({
    code: 'SEMAPHORE_LIMIT',
  });
  expect((await leases.semaphore('exports', 3).tryAcquire({ autoRenew: false }))?.token).toBe(1n);
  expect(await fencedGet(store, 'balance')).toEqual({ value: stringToBytes('100'), token: 3n });
  expect(await fencedGet(store, 'sealed')).toEqual({ value: null, token: 2n ** 64n });
  const waiting = leases.acquire('report', { waitMs: 60_000, autoRenew: false });
  expect((await clock.run(waiting)).token).toBe(2n);
});

it.each([
  ['lease:report', '{"v":2,"state":{}}', 'tryAcquire'],
  ['semaphore:report', '{"v":2,"limit":3}', 'semaphore'],
] as const)('a record of a newer version under %s is refused and left as it is', async (key, state, call) => {
  const newer = { [key]: `norikv:1 {"w":[]}\n${state}` };
  const store = createMemoryStore({ capabilities });
  await putRecords(store, newer);
  const leases = createLeases(store);
  const trying =
    call === 'semaphore' ? leases.semaphore('report', 3).tryAcquire() : leases.tryAcquire('report');
  await expect(trying).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, [key])).toEqual(newer);
});
