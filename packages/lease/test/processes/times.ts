/** Short, and with time to spare for a machine that is busy with other tests. */
export const times = { ttlMs: 4_000, requestTimeoutMs: 1_000, pollMs: 400, jitter: 0.2 };

/** The longest time from the death of a leader to its successor. No round trip outlives its time limit. */
export const failoverMs: number =
  times.ttlMs + times.pollMs * (1 + times.jitter) + 2 * times.requestTimeoutMs;
