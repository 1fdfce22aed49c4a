/**
 * Tells a listener, if there is one. What it throws, at once or by the promise it returns, never reaches the caller and
 * never ends the process.
 */
export function tell<Event>(listener: ((event: Event) => unknown) | undefined, event: Event): void {
  try {
    const answer = listener?.(event);
    if (isPromise(answer)) quiet(answer);
  } catch {}
}

/** Whether a value is a promise, of whichever library. */
export function isPromise(answer: unknown): answer is PromiseLike<unknown> {
  // Data may have a field of that name.
  return typeof (answer as { then?: unknown } | null | undefined)?.then === 'function';
}

/** Ignores how a promise ends that was refused as an argument: its rejection must not end the process. */
export function quiet(refused: unknown): void {
  Promise.resolve(refused).catch(() => {});
}
