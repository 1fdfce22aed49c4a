import type { DeleteOptions, GetOptions, Key, KvStore, PutOptions, Value } from '@norikv/store';
import type { Operation } from './in-flight.js';

/** The options of any call. */
export type AnyOptions = GetOptions & PutOptions & DeleteOptions;

/** One call on its way through a wrapper. */
export interface WrappedCall<Result = unknown> {
  readonly operation: Operation;
  readonly key: Key;
  /** The value of a put. */
  readonly value: Value | undefined;
  readonly options: AnyOptions;
  /** Makes the call on the wrapped store, as often and as late as the wrapper likes. */
  send(options: AnyOptions): Promise<Result>;
}

/** What a wrapper does with a call. */
export type Interceptor = <Result>(call: WrappedCall<Result>) => Promise<Result>;

/** A store whose calls all pass through one function. It offers `find` only if the wrapped store does. */
export function wrapStore(store: KvStore, intercept: Interceptor): KvStore {
  const wrapped: KvStore = {
    get capabilities() {
      return store.capabilities;
    },
    async get(callerKey, options = {}) {
      const key = owned(callerKey);
      const send = (sent: AnyOptions) => store.get(key, sent);
      return intercept({ operation: 'get', key, value: undefined, options, send });
    },
    async put(callerKey, callerValue, options = {}) {
      const key = owned(callerKey);
      const value = owned(callerValue);
      const send = (sent: AnyOptions) => store.put(key, value, sent);
      return intercept({ operation: 'put', key, value, options, send });
    },
    async delete(callerKey, options = {}) {
      const key = owned(callerKey);
      const send = (sent: AnyOptions) => store.delete(key, sent);
      return intercept({ operation: 'delete', key, value: undefined, options, send });
    },
  };
  const find = store.find?.bind(store);
  if (find) {
    wrapped.find = async (callerKey, options = {}) => {
      const key = owned(callerKey);
      const send = (sent: AnyOptions) => find(key, sent);
      return intercept({ operation: 'find', key, value: undefined, options, send });
    };
  }
  return wrapped;
}

// A request that is sent late must carry the bytes of the moment it was made.
function owned(bytes: Key | Value): Key | Value {
  return bytes instanceof Uint8Array ? new Uint8Array(bytes) : bytes;
}
