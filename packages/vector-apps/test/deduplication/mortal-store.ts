import { type KvStore, UnavailableError, type VectorStore } from '@norikv/store';

/** The store as a process sees it that dies after so many calls; the last one may still be applied. */
export function mortal<Store extends KvStore & Partial<VectorStore>>(
  store: Store,
  callsToLive: number,
  isLastApplied: boolean,
): { readonly store: Store; readonly calls: () => number } {
  let calls = 0;
  const names = new Set([
    'get',
    'find',
    'put',
    'delete',
    'vectorInsert',
    'vectorDelete',
    'vectorSearch',
    'vectorGet',
  ]);
  const proxy = new Proxy(store, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (!names.has(String(name))) return value.bind(target);
      return async (...parameters: unknown[]) => {
        calls += 1;
        if (calls <= callsToLive) return value.apply(target, parameters);
        if (calls === callsToLive + 1 && isLastApplied) await value.apply(target, parameters);
        throw new UnavailableError('The process is dead', { retryable: false });
      };
    },
  });
  return { store: proxy, calls: () => calls };
}
