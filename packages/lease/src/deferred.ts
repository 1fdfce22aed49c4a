/** A promise, and the way to resolve it. */
export interface Deferred<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
}

export function deferred<Value>(): Deferred<Value> {
  const waiting: ((value: Value) => void)[] = [];
  const promise = new Promise<Value>((resolve) => waiting.push(resolve));
  return {
    promise,
    resolve: (value) => {
      for (const resolve of waiting) resolve(value);
    },
  };
}
