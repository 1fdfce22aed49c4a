// Taken at load, so that a test runner that fakes the globals does not stop the store.
const schedule = globalThis.setImmediate;
const scheduleIn = globalThis.setTimeout;
const unschedule = globalThis.clearTimeout;
const machineTime = performance.now.bind(performance);

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

/** Calls back after a time, unless it is cancelled or the process has nothing else to do. */
export function soon(callback: () => void, durationMs: number): () => void {
  const timer = scheduleIn(callback, durationMs).unref();
  return () => unschedule(timer);
}

/** Milliseconds of this machine, from an arbitrary start. */
export function monotonicMs(): number {
  return machineTime();
}
