interface Listener {
  readonly callbacks: Set<() => void>;
  readonly abortAll: () => void;
}

const listeners = new WeakMap<AbortSignal, Listener>();

/**
 * Calls back when a signal ends, and returns how to stop that. All who wait for one signal share one listener:
 * a request that makes eleven calls at once leaks nothing, and should not be warned of a leak.
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const { callbacks, abortAll } = listeners.get(signal) ?? listen(signal);
  callbacks.add(callback);
  return () => {
    callbacks.delete(callback);
    if (callbacks.size > 0) return;
    listeners.delete(signal);
    signal.removeEventListener('abort', abortAll);
  };
}

function listen(signal: AbortSignal): Listener {
  const callbacks = new Set<() => void>();
  const abortAll = (): void => {
    for (const callback of callbacks) callback();
  };
  const listener = { callbacks, abortAll };
  listeners.set(signal, listener);
  signal.addEventListener('abort', abortAll);
  return listener;
}
