import { type Clock, find, type KvStore } from '@norikv/store';

/** A process that can stand still for a while, or die: it then does nothing more and hears nothing more. */
export interface MortalProcess {
  readonly client: KvStore;
  readonly clock: Clock;
  standStill(ms: number): void;
  kill(): void;
  /** What the work gives; undefined if the process dies meanwhile. */
  during<Result>(work: () => Promise<Result>): Promise<Result | undefined>;
}

/** What a process has sent goes its way, also when it is dead. */
export function startProcess(store: KvStore, clock: Clock): MortalProcess {
  let isDead = false;
  let awake: Promise<void> | undefined;
  let die = (): void => {};
  const death = new Promise<undefined>((resolve) => {
    die = () => resolve(undefined);
  });
  const heard =
    <Argument>(tell: (argument: Argument) => void) =>
    async (argument: Argument): Promise<void> => {
      while (awake) await awake;
      if (!isDead) tell(argument);
    };
  const call = <Answer>(send: () => Promise<Answer>): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!isDead) send().then(heard(resolve), heard(reject));
    });
  return {
    client: {
      get capabilities() {
        return store.capabilities;
      },
      find: (key, options) => call(() => find(store, key, options)),
      get: (key, options) => call(() => store.get(key, options)),
      put: (key, value, options) => call(() => store.put(key, value, options)),
      delete: (key, options) => call(() => store.delete(key, options)),
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      startTimer(callback, delayMs) {
        let isWanted = true;
        const ring = heard<void>(() => {
          if (isWanted) callback();
        });
        const cancel = clock.startTimer(() => void ring(), delayMs);
        return () => {
          isWanted = false;
          cancel();
        };
      },
    },
    standStill(ms) {
      awake = new Promise((resolve) => {
        clock.startTimer(() => {
          awake = undefined;
          resolve();
        }, ms);
      });
    },
    kill() {
      isDead = true;
      die();
    },
    during: (work) => Promise.race([work(), death]),
  };
}
