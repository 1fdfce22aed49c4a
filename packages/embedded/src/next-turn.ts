// Taken at load, so that a test runner that fakes the globals does not stop the store.
const schedule = globalThis.setImmediate;
const scheduleIn = globalThis.setTimeout;
const machineTime = performance.now;

/** Resolves in the next turn of the event loop: timers, sockets and other work get their chance first. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    schedule(resolve);
  });
}

/** Resolves after a time. */
export function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => {
    scheduleIn(resolve, durationMs);
  });
}

/** Milliseconds of this machine, from an arbitrary start. */
export function monotonicMs(): number {
  return machineTime.call(performance);
}
