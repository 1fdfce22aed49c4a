import { type CancelTimer, type Clock, ClosedError, ResourceExhaustedError } from '@norikv/store';
import { tell } from '@norikv/store/listeners';
import { wholeNumber } from './counter-value.js';

/** Adds that go out as one. */
interface Batch {
  readonly opId: string;
  readonly delta: bigint;
  readonly adds: number;
}

/** Adds in memory, on their way to a store. */
export interface WriteBehind {
  pending(): number;
  add(change: number | bigint): Promise<void>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createWriteBehind(
  store: (delta: bigint, opId: string) => Promise<unknown>,
  maxStalenessMs: number,
  maxPending: number,
  onError: ((error: unknown) => void) | undefined,
  clock: Pick<Clock, 'startTimer'>,
): WriteBehind {
  /** Collected, and not sent yet. */
  let delta = 0n;
  let adds = 0;
  /** Sent, and not known to be stored. Sent again as it is, it cannot be counted twice. */
  let sent: Batch | undefined;
  let cancelTimer: CancelTimer | undefined;
  let isClosed = false;
  let running: Promise<void> | undefined;

  const pending = (): number => adds + (sent?.adds ?? 0);

  const send = async (): Promise<void> => {
    if (!sent) return;
    await store(sent.delta, sent.opId);
    sent = undefined;
  };

  const drain = async (): Promise<void> => {
    cancelTimer?.();
    cancelTimer = undefined;
    try {
      await send();
      if (adds === 0) return;
      sent = { opId: crypto.randomUUID(), delta, adds };
      delta = 0n;
      adds = 0;
      await send();
    } finally {
      running = undefined;
      if (pending() > 0 && !isClosed) startTimer();
    }
  };

  /** One at a time. Those who call while one runs share the next, which begins after all of them. */
  const flush = async (): Promise<void> => {
    await running?.catch(() => {});
    running ??= drain();
    return running;
  };

  const startTimer = (): void => {
    cancelTimer ??= clock.startTimer(() => {
      flush().catch((error) => tell(onError, error));
    }, maxStalenessMs);
  };

  const makeRoom = (): Promise<void> =>
    flush().catch((cause) => {
      throw new ResourceExhaustedError(`${pending()} adds wait to be stored`, { cause });
    });

  return {
    pending,
    async add(change) {
      const addend = wholeNumber('delta', change);
      while (!isClosed && pending() >= maxPending) await makeRoom();
      if (isClosed) throw new ClosedError('The counter is closed');
      delta += addend;
      adds += 1;
      startTimer();
    },
    flush,
    close() {
      isClosed = true;
      return flush();
    },
  };
}
