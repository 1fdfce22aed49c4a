import { bytesToString, stringToBytes } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { readLegacy, TenantClient, TenantManager } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  't.id/%h0ec9eb33e74510bcdd1f2ea55206e82f21649c5c2becbf2b433eb475b34c01bd':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"space":"0000000002","claims":1}',
  't.id/a%2Fb': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"space":"0000000002","claims":1}',
  't.id/acme': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"space":"0000000001","claims":1}',
  't.id/gone': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"space":"0000000004","claims":1}',
  't.id/idle': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"space":"0000000003","claims":1}',
  't.next': 'norikv:1 {"w":[["00000001000040008000",4]]}\n4',
  't.tenant/0000000001':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"id":"acme","name":"Acme Corp","plan":"free","createdAt":1735689600000,"status":"active","space":"0000000001"}',
  't.tenant/0000000002':
    'norikv:1 {"w":[["00000001000040008000",3]]}\n{"id":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx","name":"Renamed","plan":"pro","createdAt":1735689600000,"status":"active","space":"0000000002","renames":1}',
  't.tenant/0000000003':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"id":"idle","name":"Idle","plan":"enterprise","createdAt":1735689600000,"status":"suspended","space":"0000000003"}',
  't.tenant/0000000004':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"id":"gone","name":"Gone","plan":"free","createdAt":1735689600000,"status":"deleted","space":"0000000004"}',
  't.usage/0000000001': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"keys":1,"bytes":5}',
  't/0000000001/greeting': 'hex 0168656c6c6f',
  't/0000000001/soon-gone': 'hex 0068656c6c6f',
  'tenant.named/named/greeting': 'hello',
};

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const left = recordsLeftBy(createMemoryStore({ clock }), async (store) => {
    const tenants = new TenantManager(store, { clock });
    await tenants.create('acme', 'Acme Corp', 'free');
    const acme = await tenants.getClient('acme');
    await acme.put('greeting', 'hello');
    await acme.put('soon-gone', 'hello', { ttlMs: 60_000 });
    await tenants.create('a/b', 'Renamed', 'pro');
    await tenants.rename('a/b', 'x'.repeat(129));
    await tenants.create('idle', 'Idle', 'enterprise');
    await tenants.suspend('idle');
    await tenants.create('gone', 'Gone', 'free');
    await tenants.delete('gone');
    await new TenantClient(store, 'named').put('greeting', 'hello');
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  await putRecords(store, { ...golden, 'tenant:seed:greeting': 'hello' });
  const tenants = new TenantManager(store, { clock });
  const acme = await tenants.getClient('acme');
  const early = { id: 'acme', name: 'Acme Corp', plan: 'free', status: 'active', createdAt: clock.now() };
  expect(await tenants.get('acme')).toMatchObject(early);
  expect(bytesToString((await acme.get('greeting')).value)).toBe('hello');
  expect(bytesToString((await acme.get('soon-gone')).value)).toBe('hello');
  expect(await tenants.usage('acme')).toMatchObject({ keys: 1, bytes: 5 });
  await acme.delete('soon-gone');
  expect(await tenants.usage('acme')).toMatchObject({ keys: 1, bytes: 5 });
  await acme.delete('greeting');
  expect(await tenants.usage('acme')).toMatchObject({ keys: 0, bytes: 0 });
  expect(await tenants.get('a/b')).toBeNull();
  expect(await tenants.get('x'.repeat(129))).toMatchObject({ name: 'Renamed', status: 'active' });
  await expect(tenants.getClient('idle')).rejects.toMatchObject({ code: 'TENANT_SUSPENDED' });
  expect(await tenants.get('gone')).toBeNull();
  expect((await tenants.create('new', 'New', 'free')).space).toBe('0000000005');
  expect(bytesToString((await new TenantClient(store, 'named').get('greeting')).value)).toBe('hello');
  expect((await readLegacy(store, 'seed', 'greeting'))?.value).toEqual(stringToBytes('hello'));
});

it.each([
  ['t.tenant/0000000001', '{"v":2,"tenant":{"id":"acme"}}'],
  ['t.tenant/0000000001', '{"id":"acme","name":"A","plan":"free","status":"frozen","space":"0000000001"}'],
  ['t.id/acme', '{"v":2,"spaces":["0000000001"]}'],
  ['t.usage/0000000001', '{"v":2,"used":{"keys":1}}'],
])('a record of a newer version under %s is refused and left as it is: %s', async (key, state) => {
  const newer = { [key]: `norikv:1 {"w":[]}\n${state}` };
  const store = createMemoryStore();
  await putRecords(store, { ...golden, ...newer });
  const tenants = new TenantManager(store);
  const writing = key.startsWith('t.usage')
    ? tenants.getClient('acme').then((acme) => acme.put('key', 'value'))
    : tenants.setPlan('acme', 'pro');
  await expect(writing).rejects.toMatchObject({ code: 'CORRUPT_RECORD' });
  expect(await recordsAt(store, [key])).toEqual(newer);
});

it("a tenant's value of a newer version is refused by what reads it, and left as it is", async () => {
  const newer = { 't/0000000001/greeting': 'hex 0268656c6c6f' };
  const store = createMemoryStore();
  await putRecords(store, { ...golden, ...newer });
  const acme = await new TenantManager(store).getClient('acme');
  const corrupt = {
    code: 'CORRUPT_RECORD',
    key: 'greeting',
    message: expect.stringMatching(/if a newer version wrote it upgrade/),
  };
  await expect(acme.get('greeting')).rejects.toMatchObject(corrupt);
  await expect(acme.put('greeting', 'good day', { ifNotExists: true })).rejects.toMatchObject(corrupt);
  expect(await recordsAt(store, Object.keys(newer))).toEqual(newer);
});
