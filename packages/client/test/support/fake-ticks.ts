/** As Jest's fake timers: the code under test gets a `process.nextTick` that calls nobody back, Node itself its own. */
export function fakeTicks(): Disposable {
  const real = process.nextTick;
  process.nextTick = (...call: Parameters<typeof real>) => {
    const [, , caller] = new Error().stack?.split('\n') ?? [];
    if (caller?.includes('node:')) real(...call);
  };
  return {
    [Symbol.dispose]() {
      process.nextTick = real;
    },
  };
}
