/** Calls back in the next turn of the event loop. Taken at load, so that a test runner that fakes the globals does not stop the work. */
export const inNextTurn: (callback: () => void) => unknown = globalThis.setImmediate;

/** Lets the event loop turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => inNextTurn(resolve));
}
