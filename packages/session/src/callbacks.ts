/** Called when it is done. */
export type Callback = (error?: unknown) => void;
/** Called with what was found; null if there is none. */
export type SessionCallback<Stored> = (error: unknown, session?: Stored | null) => void;

/**
 * Hands what work comes to, or its error, to a callback. What the callback throws is handed to it, too: frameworks
 * answer the request with it, and as a rejection that nobody handles it would end the process.
 */
export function settle<Result>(
  work: Promise<Result>,
  callback: (error: unknown, result?: Result) => void,
): void {
  work.then((result) => callback(null, result)).catch(callback);
}
