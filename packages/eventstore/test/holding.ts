import { find, type KvStore } from '@norikv/store';

/** A store whose calls about some keys are held back when told to: before they are made, or their answers. */
export function holding(client: KvStore, part: string, what: 'calls' | 'answers') {
  let gate: Promise<void> | undefined;
  let open = (): void => {};
  let notice = (): void => {};
  const held = new Promise<void>((resolve) => {
    notice = resolve;
  });
  const wait = async (key: unknown): Promise<void> => {
    if (!gate || !String(key).includes(part)) return;
    notice();
    await gate;
  };
  const around = async <Result>(key: unknown, call: () => Promise<Result>): Promise<Result> => {
    if (what === 'calls') await wait(key);
    const result = await call();
    if (what === 'answers') await wait(key);
    return result;
  };
  const store: KvStore = {
    ...client,
    capabilities: client.capabilities,
    find: (key, options) => around(key, () => find(client, key, options)),
    get: (key, options) => around(key, () => client.get(key, options)),
    put: (key, value, options) => around(key, () => client.put(key, value, options)),
    delete: (key, options) => around(key, () => client.delete(key, options)),
  };
  return {
    store,
    held,
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    release() {
      gate = undefined;
      open();
    },
  };
}
