/** Short, and with time to spare for a machine that is busy with other tests. */
export const times = { ttlMs: 6_000, requestTimeoutMs: 1_500, pollMs: 400, jitter: 0.2 };

/** Between two writes of a leader: long enough to stop it there, and shorter than from one renewal to the next. */
export const writeEveryMs = 500;
