import type { Clock } from '@norikv/store';

/** Lets loops sleep until time has passed or somebody rings. */
export interface Bell {
  /** How often it has rung. */
  readonly rings: number;
  /** Does not sleep if it has rung more than `heard` times: a ring before falling asleep is not lost. */
  sleep(ms: number, heard: number): Promise<void>;
  ring(): void;
}

export function createBell(clock: Clock): Bell {
  const sleepers = new Set<() => void>();
  let rings = 0;
  return {
    get rings() {
      return rings;
    },
    async sleep(ms, heard) {
      if (rings > heard) return;
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          cancel();
          sleepers.delete(wake);
          resolve();
        };
        const cancel = clock.startTimer(wake, ms);
        sleepers.add(wake);
      });
    },
    ring() {
      rings += 1;
      for (const wake of [...sleepers]) wake();
    },
  };
}
