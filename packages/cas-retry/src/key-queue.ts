import type { Clock, Key, KvStore } from '@norikv/store';
import { tell } from '@norikv/store/listeners';
import { startDeadline } from '@norikv/store/wait-within';
import type { Attempt } from './attempt.js';
import { createContention } from './contention.js';
import { type Broken, createCourier, type Delivery } from './courier.js';
import { delay } from './delay.js';
import { faultOf } from './fault.js';
import { createMemo } from './memo.js';
import { mayBeApplied, type PendingUpdate } from './pending-update.js';
import { answerable, type Plan, plan, settle } from './plan.js';
import { type Settings, sameSettings } from './settings.js';
import type { Snapshot } from './snapshot.js';
import type { Transport } from './transport.js';

type Update = PendingUpdate<unknown, unknown>;

/** A timer cannot wait for less than about a millisecond. */
const shortestRestMs = 0.5;

/** What the queues of one store share. */
export interface QueueContext {
  readonly store: KvStore;
  readonly transport: Transport;
  /** The id in the marks of queues that begin now. */
  writer(): string;
  /** Gives it, and queues that begin later, a new one. */
  renewWriter(): string;
}

/** The updates of one key in this process. */
export interface KeyQueue {
  enqueue(update: Update): void;
  /** How much it keeps in memory to spare a read. */
  rememberedBytes(): number;
}

/** A snapshot to write on, and how current it is. */
interface Sight {
  readonly snapshot: Snapshot;
  /** The newest update that was already waiting when the snapshot was asked for; 0 for a remembered one. */
  readonly asOf: number;
}

/**
 * One write of a key at a time is on its way; all updates that arrive meanwhile are folded, in order, into
 * the next one.
 */
export function createKeyQueue(key: Key, context: QueueContext, onIdle: () => void): KeyQueue {
  const { store, transport } = context;
  const courier = createCourier(key, store, transport);
  const memo = createMemo();
  const contention = createContention();
  let writer = context.writer();
  let pending: Update[] = [];
  let arrivals = 0;
  let isRunning = false;
  let restUntil = 0;
  let failures = 0;
  let watchedUntil = Number.POSITIVE_INFINITY;
  let cancelWatch = (): void => {};

  const firstPending = (): Update | undefined => {
    if (!pending.every(isUnsettled)) pending = pending.filter(isUnsettled);
    return pending[0];
  };

  /** Updates share a write when they read the record the same way and run under the same settings. */
  const batchOf = ({ command: { codec, settings } }: Update): readonly Update[] => {
    const batch: Update[] = [];
    for (const update of pending) {
      if (!isUnsettled(update)) continue;
      const { command } = update;
      if (command.codec !== codec || !sameSettings(command.settings, settings)) break;
      batch.push(update);
      if (batch.length === settings.maxBatch) break;
    }
    return batch;
  };

  const look = async (settings: Settings): Promise<Sight> => {
    const asOf = arrivals;
    const snapshot = await courier.read(settings, () => pending.some(isUnsettled));
    memo.observe(snapshot);
    return { snapshot, asOf };
  };

  const recall = (settings: Settings): Sight | undefined => {
    const snapshot = settings.memo ? memo.recall() : undefined;
    return snapshot && { snapshot, asOf: 0 };
  };

  const giveUp = (updates: readonly Update[], error: unknown, settings: Settings): void => {
    tell(settings.onEvent, { kind: 'give-up', key, updates: updates.length, error });
    for (const update of updates) update.reject(error);
  };

  /** Nothing changes, which is an answer only on a state that was read after the update arrived. */
  const confirm = (planned: Plan, asOf: number): Promise<Sight> | undefined => {
    settle(planned, answerable(planned, asOf));
    return firstPending() && look(planned.settings);
  };

  const finish = (planned: Plan, written: Snapshot, isRemembered: boolean): void => {
    const { clock, random, fair } = planned.settings;
    failures = 0;
    if (isRemembered) memo.confirm();
    if (store.capabilities?.putVersionUsable) memo.remember(written);
    else memo.forget();
    settle(planned, planned.updates.length);
    restFor(fair ? contention.won(random) : 0, clock);
  };

  /** After a lost race: the state that was there instead, where it is worth a write at once. */
  const startOver = ({ changing, settings }: Plan, met: Sight, isRemembered: boolean): Sight | undefined => {
    const { clock, random, backoffCapRoundTrips } = settings;
    failures = 0;
    tell(settings.onEvent, { kind: 'conflict', key, remembered: isRemembered });
    for (const update of changing) update.countConflict();
    contention.noticed();
    memo.observe(met.snapshot);
    if (isRemembered) return met;
    restFor(contention.backoff(random, backoffCapRoundTrips), clock);
    return undefined;
  };

  const recover = async ({ changing, settings }: Plan, { kind, error }: Broken): Promise<void> => {
    const isWanted = (): boolean => changing.some(isUnsettled);
    const isPassing = kind === 'failed' && faultOf(error) === 'transient';
    failures += 1;
    if (isPassing && (await courier.mayRetry(error, failures, settings, isWanted))) return;
    memo.forget();
    if (kind === 'unknown') {
      // It may still land, under the number that the next write takes: that one must not take it for its own.
      writer = context.renewWriter();
    }
    giveUp(changing, kind === 'failed' ? error : mayBeApplied(key, error), settings);
  };

  const restFor = (roundTrips: number, clock: Clock): void => {
    restUntil = roundTrips && clock.monotonic() + roundTrips * transport.roundTripMs;
  };

  const rest = async ({ clock }: Settings): Promise<void> => {
    const restMs = restUntil - clock.monotonic();
    if (restMs >= shortestRestMs) await delay(restMs, undefined, clock);
  };

  /** Plans the write that the first update shares with those behind it. Ends those it could not be answered in time for. */
  const prepare = (first: Update, { snapshot, asOf }: Sight): Plan | undefined => {
    const { settings } = first.command;
    const now = settings.clock.monotonic();
    const batch = batchOf(first);
    for (const update of batch)
      if (update.isTooLate(now, transport.roundTripMs)) update.expire(courier.latestFault());
    try {
      return plan(snapshot, batch.filter(isUnsettled), settings, { store, writer });
    } catch (error) {
      if (asOf > 0) throw error;
      // What is remembered cannot be read. What is there now may well be.
      memo.forget();
      return undefined;
    }
  };

  const dispatch = (
    { updates, changing, fold, settings }: Plan,
    attempt: Attempt,
    isRemembered: boolean,
  ): Promise<Delivery> => {
    for (const update of changing) update.phase = 'sent';
    const { length: batch } = updates;
    tell(settings.onEvent, { kind: 'write', key, batch, remembered: isRemembered, foldMs: fold.tookMs });
    return courier.deliver(attempt, settings, () => changing.some(isUnsettled));
  };

  // One function for all batches, each from reading to its outcome: what waits for the store takes room.
  const run = async (): Promise<void> => {
    /** What to write on next, if that is already known. */
    let known: Sight | undefined;
    for (let first = firstPending(); first; first = firstPending()) {
      const { settings } = first.command;
      try {
        if (restUntil > 0) await rest(settings);
        const sight = known ?? recall(settings) ?? (await look(settings));
        known = undefined;
        const planned = prepare(first, sight);
        if (!planned) continue;
        const { attempt, changing } = planned;
        if (!attempt) {
          known = await confirm(planned, sight.asOf);
          continue;
        }
        if (!changing.every(isUnsettled)) {
          // A transition has ended the signal of one whose change is in the batch, and its caller was told of none.
          known = sight;
          continue;
        }
        const asOf = arrivals;
        const isRemembered = sight.asOf === 0;
        const delivery = await dispatch(planned, attempt, isRemembered);
        for (const update of changing) if (isUnsettled(update)) update.phase = 'waiting';
        if (delivery.kind === 'applied') finish(planned, delivery.snapshot, isRemembered);
        else if (delivery.kind === 'lost') known = startOver(planned, { ...delivery, asOf }, isRemembered);
        else await recover(planned, delivery);
      } catch (error) {
        known = undefined;
        // What could not be used is not remembered: it may be repaired before the next update.
        memo.forget();
        giveUp(batchOf(first), error, settings);
      }
    }
    cancelWatch();
    courier.forgetFault();
    watchedUntil = Number.POSITIVE_INFINITY;
    isRunning = false;
    onIdle();
  };

  const watch = ({ deadlineAt, settings: { clock } }: Update['command']): void => {
    cancelWatch();
    watchedUntil = deadlineAt;
    cancelWatch = startDeadline(clock, deadlineAt - clock.monotonic(), () => {
      watchedUntil = Number.POSITIVE_INFINITY;
      for (const update of pending.filter(isUnsettled)) {
        if (update.command.deadlineAt <= clock.monotonic()) update.expire(courier.latestFault());
        else if (update.command.deadlineAt < watchedUntil) watch(update.command);
      }
    });
  };

  return {
    enqueue(update) {
      arrivals += 1;
      update.arrival = arrivals;
      pending.push(update);
      if (update.command.deadlineAt < watchedUntil) watch(update.command);
      if (isRunning) return;
      isRunning = true;
      // One turn later, so that a burst of callers shares the first write.
      void Promise.resolve().then(run);
    },
    rememberedBytes: () => memo.bytes(),
  };
}

function isUnsettled({ phase }: Update): boolean {
  return phase !== 'settled';
}
