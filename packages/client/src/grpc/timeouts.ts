/** A timer of Node beyond this would fire at once. */
export const longestTimerMs: number = 2 ** 31 - 1;

const mostDigits = 99_999_999;
const unitsMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};

/** Calls back when a call has taken too long. Infinity: never. */
export function startDeadline(ms: number, late: () => void): NodeJS.Timeout | undefined {
  if (ms === Number.POSITIVE_INFINITY) return undefined;
  return setTimeout(late, Math.min(longestTimerMs, Math.ceil(ms)));
}

/** The same, after what has arrived by then was read: in a process that was stopped it waits behind the timer. */
export function startPatience(ms: number, late: () => void): NodeJS.Timeout | undefined {
  return startDeadline(ms, () => setImmediate(late));
}

/** A time as the header `grpc-timeout` says it: at most eight digits and a unit. Never shorter than asked. */
export function timeoutText(ms: number): string {
  const whole = Math.max(1, Math.ceil(ms));
  if (whole <= mostDigits) return `${whole}m`;
  const seconds = Math.ceil(whole / 1_000);
  return seconds <= mostDigits ? `${seconds}S` : `${Math.min(mostDigits, Math.ceil(seconds / 3_600))}H`;
}

/** The milliseconds a `grpc-timeout` asks for; undefined if it is none. */
export function timeoutMs(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  const unitMs = unitsMs[unit];
  return unitMs === undefined ? undefined : Number(digits) * unitMs;
}
