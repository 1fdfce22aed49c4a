import { createEphemeral, type EmbeddedStore } from '@norikv/embedded';
import { expect, it } from 'vitest';
import { account } from '../src/account.js';
import { Bank } from '../src/bank.js';

/** A process of the bank that is held up, or fails, before it writes what contains a text under a key. */
function processOf(store: EmbeddedStore, [where, what]: [string, string], meet: () => Promise<void>): Bank {
  const put: EmbeddedStore['put'] = async (key, value, options) => {
    if (String(key).endsWith(where) && Buffer.from(value).includes(what)) await meet();
    return store.put(key, value, options);
  };
  const own = new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name);
      if (name === 'put') return put;
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return new Bank(own);
}

it('loses no cent when two processes settle one transfer, and one of them dies', async () => {
  await using store = await createEphemeral();
  const bank = new Bank(store);
  for (const [name, balance] of Object.entries({ 'account-a': 5, 'account-b': 0, 'account-c': 50 })) {
    await bank.openAccount(name, balance);
  }

  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let hold = (): void => {};
  const held = new Promise<void>((resolve) => {
    hold = resolve;
  });
  const slow = processOf(store, [':h:transfer-1', 'TransferRefused'], () => {
    hold();
    return released;
  });
  const requesting = slow.request('transfer-1', { from: 'account-a', to: 'account-b', amount: 10 });
  await Promise.race([held, requesting]);

  await bank.request('transfer-2', { from: 'account-c', to: 'account-a', amount: 10 });
  const dying = processOf(store, [':h:account-b', 'MoneyDeposited'], () =>
    Promise.reject(new Error('killed')),
  );
  await dying.settle('transfer-1').catch(() => {});
  release();
  await requesting;
  await bank.settle('transfer-1');

  const names = ['account-a', 'account-b', 'account-c'];
  const balances = names.map(async (name) => (await bank.accounts.load(name, account)).state.balance);
  expect(await Promise.all(balances)).toEqual([15, 0, 40]);
  await bank.feed.flush();
});
