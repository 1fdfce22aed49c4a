import { type KvStore, NoriKVError } from '@norikv/store';

const head = 'events:h:s';

/** The store of a process that appends to the stream "s" and seals its tail, and fails to take that out of the record. */
export function sealingOnly(store: KvStore): KvStore {
  let done: 'nothing' | 'append' | 'seal' = 'nothing';
  return {
    ...store,
    async put(key, value, options) {
      if (key === head && done === 'seal') throw new NoriKVError('It is not taken out.', { code: 'TEST' });
      if (key === head) done = 'append';
      else if (done === 'append') done = 'seal';
      return store.put(key, value, options);
    },
  };
}
