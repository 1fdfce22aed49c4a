/** Nobody waits for a promise that is refused, and what becomes of it must not end the process. */
export function quiet(refused: unknown): void {
  Promise.resolve(refused).catch(() => {});
}
