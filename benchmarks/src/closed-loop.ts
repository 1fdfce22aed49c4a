/** What a closed loop came to. */
export interface LoopResult {
  readonly succeeded: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly cpuMicrosecondsPerOperation: number;
}

/**
 * Keeps a number of operations in flight for a while: each caller starts its next operation when the last one
 * is done. Failures count, but only successes make a rate.
 */
export async function closedLoop(
  inFlight: number,
  durationMs: number,
  operation: (caller: number) => Promise<unknown>,
): Promise<LoopResult> {
  let succeeded = 0;
  let failed = 0;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const endsAt = startedAt + durationMs;
  const caller = async (number: number): Promise<void> => {
    while (performance.now() < endsAt) {
      try {
        await operation(number);
        succeeded += 1;
      } catch {
        failed += 1;
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, number) => caller(number)));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  return {
    succeeded,
    failed,
    perSecond: succeeded / seconds,
    cpuMicrosecondsPerOperation: (user + system) / Math.max(1, succeeded),
  };
}

/** The middle one: one disturbed round does not decide. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}
