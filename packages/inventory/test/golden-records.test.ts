import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { expect, it } from 'vitest';
import {
  putRecords,
  type Records,
  recordsAt,
  recordsLeftBy,
} from '../../testkit/test/golden-records/golden-records.js';
import { InventoryManager, reservationId } from '../src/index.js';

/** What version 1.0 writes. Never change a line: add one beside it. */
const golden: Records = {
  'inventory:a%40b%23c@berlin':
    'norikv:1 {"w":[["00000001000040008000",1]]}\n{"inventory":1,"onHand":3,"audit":[{"at":1735689600000,"delta":3,"reason":"created"}]}',
  'inventory:gone': 'norikv:1 {"w":[["00000001000040008000",2]],"d":1}\n',
  'inventory:hot':
    'norikv:1 {"w":[["00000001000040008000",5]]}\n{"inventory":1,"onHand":7,"buckets":2,"sent":1,"audit":[{"at":1735689600000,"delta":10,"reason":"created"}],"since":1735690200000,"reservations":[["AwMDAwMDAwMDAwMD",4,0]]}',
  'inventory:hot#1':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"inventory":1,"onHand":3,"received":{"0":1},"since":1735690200000,"reservations":[["BAQEBAQEBAQEBAQE",2,0]]}',
  'inventory:shoes':
    'norikv:1 {"w":[["00000001000040008000",10]],"o":[["note-7","adjust:5","done"]]}\n{"inventory":1,"onHand":14,"minAvailable":-2,"audit":[{"at":1735689600000,"delta":10,"reason":"created"},{"at":1735689600000,"delta":5,"reason":"delivery","ref":"note 7"}],"since":1735689660000,"reservations":[["sold",2,0,1,1],["late",2,0],["back",2,0,0,2],["AgICAgICAgICAgIC",1,540000],["held",2,540000]]}',
};

/** What the code of the documentation writes. */
const seed: Records = {
  'inventory:seed': '{"sku":"seed","quantity":10,"reserved":4,"lastUpdated":1735689540000}',
};

/** What processes left that died while units were on their way: before they arrived, and after. */
const underWay: Records = {
  'inventory:sent':
    'norikv:1 {"w":[["00000001000040008000",3]]}\n{"inventory":1,"onHand":5,"buckets":2,"sent":1,"outgoing":{"number":1,"to":1,"amount":5}}',
  'inventory:sent#1': 'norikv:1 {"w":[["00000001000040008000",1]]}\n{"inventory":1,"onHand":0}',
  'inventory:arrived':
    'norikv:1 {"w":[["00000001000040008000",3]]}\n{"inventory":1,"onHand":5,"buckets":2,"sent":1,"outgoing":{"number":1,"to":1,"amount":5}}',
  'inventory:arrived#1':
    'norikv:1 {"w":[["00000001000040008000",2]]}\n{"inventory":1,"onHand":5,"received":{"0":1}}',
};

it('records are written as version 1.0 wrote them', async () => {
  const clock = new FakeClock();
  const left = recordsLeftBy(createMemoryStore({ clock }), async (store) => {
    const inventory = new InventoryManager(store, { clock });
    await inventory.createItem('shoes', 10, { minAvailable: -2 });
    await inventory.reserve('shoes', 1);
    for (const id of ['held', 'sold', 'back', 'late'])
      await inventory.reserve('shoes', 2, { id, ttlMs: 60_000 });
    await inventory.commit(reservationId('shoes', 'sold'), { quantity: 1 });
    await inventory.release(reservationId('shoes', 'back'));
    await inventory.adjust('shoes', 5, { reason: 'delivery', ref: 'note 7', opId: 'note-7' });
    await inventory.extend(reservationId('shoes', 'held'), 600_000);
    await inventory.createItem('a@b#c', 3, { location: 'berlin' });
    await inventory.createItem('hot', 10);
    await inventory.split('hot', 2);
    await inventory.reserve('hot', 4);
    const other = new InventoryManager(store, { clock, random: () => 0.9 });
    await other.get('hot');
    await other.reserve('hot', 2);
    await inventory.createItem('gone', 1);
    await inventory.removeItem('gone');
  });
  expect(await clock.run(left)).toEqual(golden);
});

it('records of version 1.0 are read for ever', async () => {
  const clock = new FakeClock();
  const store = createMemoryStore({ clock });
  await putRecords(store, { ...golden, ...seed, ...underWay });
  const inventory = new InventoryManager(store, { clock });
  expect(await inventory.get('shoes')).toMatchObject({ onHand: 14, reserved: 5, minAvailable: -2 });
  expect((await inventory.get('shoes')).audit).toEqual([
    { at: clock.now(), delta: 10, reason: 'created' },
    { at: clock.now(), delta: 5, reason: 'delivery', ref: 'note 7' },
  ]);
  await inventory.adjust('shoes', 5, { reason: 'delivery', ref: 'note 7', opId: 'note-7' });
  expect(await inventory.tryReserve('shoes', 2, { id: 'held' })).toMatchObject({ repeated: true });
  expect(await inventory.commit(reservationId('shoes', 'sold'), { quantity: 1 })).toMatchObject({
    sold: 1,
    repeated: true,
  });
  expect(await inventory.release(reservationId('shoes', 'back'))).toMatchObject({
    status: 'released',
    repeated: true,
  });
  expect((await inventory.get('shoes')).onHand).toBe(14);
  expect(await inventory.getAvailable('a@b#c', { location: 'berlin' })).toBe(3);
  expect(await inventory.get('hot')).toMatchObject({ onHand: 10, reserved: 6, buckets: 2 });
  expect(await inventory.get('seed')).toMatchObject({ onHand: 10, reserved: 4, available: 6 });
  for (const sku of ['sent', 'arrived']) {
    expect(await inventory.getAvailable(sku)).toBe(10);
    await inventory.reserve(sku, 10);
    expect(await inventory.getAvailable(sku)).toBe(0);
  }
  await expect(inventory.get('gone')).rejects.toMatchObject({ code: 'ITEM_NOT_FOUND' });
  await clock.advance(61_000);
  expect(await inventory.get('shoes')).toMatchObject({ reserved: 3 });
});

it.each(['{"inventory":2,"onHand":5}', '{"v":2,"state":{"onHand":5}}'])(
  'a state of a newer version, %s, is refused and left as it is',
  async (state) => {
    const newer = { 'inventory:shoes': `norikv:1 {"w":[]}\n${state}` };
    const store = createMemoryStore();
    await putRecords(store, newer);
    await expect(new InventoryManager(store).restock('shoes', 1)).rejects.toMatchObject({
      code: 'CORRUPT_RECORD',
    });
    expect(await recordsAt(store, ['inventory:shoes'])).toEqual(newer);
  },
);
