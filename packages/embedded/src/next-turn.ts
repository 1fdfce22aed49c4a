// Taken at load, so that a test runner that fakes the globals does not stop the store.
const schedule = globalThis.setImmediate;

/** Resolves in the next turn of the event loop: timers, sockets and other work get their chance first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    schedule(resolve);
  });
}
