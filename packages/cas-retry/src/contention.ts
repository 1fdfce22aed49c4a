/**
 * How contested one key is, shared by all callers of a process: contention is a property of the key, not of
 * a call.
 *
 * Waits are full jitter in multiples of the round trip (AWS architecture blog, Brooker 2015), with a small
 * cap: with the usual cap of a second whole processes starve.
 *
 * The winner of a race is first in the next one too and would not notice who it keeps out (the capture
 * effect of early Ethernet). So it pauses while others compete, and tries a pause now and then to find out.
 */
export interface Contention {
  /** Another process wrote first. */
  noticed(): void;
  /** How long to wait after a lost race, in round trips. */
  backoff(random: () => number, capRoundTrips: number): number;
  /** This process won. How long to let others go first, in round trips. */
  won(random: () => number): number;
}

const shortestStreak = 8;
const longestStreak = 64;

export function createContention(): Contention {
  let level = 0;
  let competition = 0;
  let streak = 0;
  let probeAfter = shortestStreak;
  return {
    noticed() {
      competition += (1 - competition) / 8;
      streak = 0;
      probeAfter = shortestStreak;
    },
    backoff(random, capRoundTrips) {
      const bound = Math.min(capRoundTrips, 2 ** level);
      level = Math.min(level + 1, 10);
      return random() * bound;
    },
    won(random) {
      level = Math.max(0, level - 1);
      competition -= competition / 16;
      streak += 1;
      const probes = streak === probeAfter;
      if (probes) {
        streak = 0;
        probeAfter = Math.min(2 * probeAfter, longestStreak);
      }
      return probes || competition > 0.05 ? random() * 2 : 0;
    },
  };
}
