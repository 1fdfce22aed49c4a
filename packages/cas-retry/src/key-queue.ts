import type { Key, KvStore } from '@norikv/store';
import { createContention } from './contention.js';
import { createCourier, type Delivery } from './courier.js';
import { delay } from './delay.js';
import { faultOf } from './fault.js';
import { isChange } from './fold.js';
import { createMemo } from './memo.js';
import { mayBeApplied, type PendingUpdate } from './pending-update.js';
import { type Plan, plan } from './plan.js';
import { emit, type Settings, sameSettings } from './settings.js';
import type { Snapshot } from './snapshot.js';
import type { Transport } from './transport.js';

type Update = PendingUpdate<unknown, unknown>;

/** What the queues of one store share. */
export interface QueueContext {
  readonly store: KvStore;
  readonly transport: Transport;
  /** The id in the marks of queues from now on. */
  writer(): string;
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
    pending = pending.filter(isUnsettled);
    return pending[0];
  };

  /** Updates share a write when they read the record the same way and run under the same settings. */
  const batchOf = ({ command }: Update): readonly Update[] => {
    const waiting = pending.filter(isUnsettled);
    const end = waiting.findIndex(
      (update) =>
        update.command.codec !== command.codec || !sameSettings(update.command.settings, command.settings),
    );
    return waiting.slice(0, Math.min(end < 0 ? waiting.length : end, command.settings.maxBatch));
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
    emit(settings, { kind: 'give-up', key, updates: updates.length, error });
    for (const update of updates) update.reject(error);
  };

  /** Nothing changes, which is an answer only on a state that was read after the update arrived. */
  const confirm = (planned: Plan, asOf: number, settings: Settings): Promise<Sight> | undefined => {
    for (const [position, update] of planned.updates.entries()) {
      if (update.arrival <= asOf) settle(update, planned, position);
    }
    return firstPending() && look(settings);
  };

  const conclude = async (
    planned: Plan,
    changing: readonly Update[],
    delivery: Delivery,
    base: Sight,
    asOf: number,
    settings: Settings,
  ): Promise<Sight | undefined> => {
    const { clock, random, fair, backoffCapRoundTrips } = settings;
    const isRemembered = base.asOf === 0;
    if (!('snapshot' in delivery)) {
      const { kind, error } = delivery;
      const isPassing = kind === 'failed' && faultOf(error) === 'transient';
      failures += 1;
      if (
        isPassing &&
        (await courier.mayRetry(error, failures, settings, () => changing.some(isUnsettled)))
      ) {
        return undefined;
      }
      memo.forget();
      if (kind === 'unknown') {
        // It may still land, under the number that the next write takes: that one must not take it for its own.
        writer = context.renewWriter();
      }
      giveUp(changing, kind === 'failed' ? error : mayBeApplied(error), settings);
      return undefined;
    }
    failures = 0;
    if (delivery.kind === 'applied') {
      if (isRemembered) memo.confirm();
      if (store.capabilities?.putVersionUsable) memo.remember(delivery.snapshot);
      else memo.forget();
      for (const [position, update] of planned.updates.entries()) settle(update, planned, position);
      if (fair) restUntil = clock.monotonic() + contention.won(random) * transport.roundTripMs;
      return undefined;
    }
    emit(settings, { kind: 'conflict', key, remembered: isRemembered });
    for (const update of changing) update.countConflict();
    contention.noticed();
    memo.observe(delivery.snapshot);
    if (isRemembered) return { snapshot: delivery.snapshot, asOf };
    await rest(contention.backoff(random, backoffCapRoundTrips) * transport.roundTripMs, settings);
    return undefined;
  };

  /** One batch from reading to its outcome. Returns what to write on next, if that is already known. */
  const turn = async (first: Update, known: Sight | undefined): Promise<Sight | undefined> => {
    const { settings } = first.command;
    await rest(restUntil - settings.clock.monotonic(), settings);
    const sight = known ?? recall(settings) ?? (await look(settings));
    const now = settings.clock.monotonic();
    for (const update of batchOf(first))
      if (update.isTooLate(now, transport.roundTripMs)) update.expire(courier.latestFault());
    const planned = plan(sight.snapshot, batchOf(first), settings, { store, writer });
    if (!planned?.attempt) return planned && confirm(planned, sight.asOf, settings);

    const asOf = arrivals;
    const changing = planned.updates.filter((_, position) => isChange(planned.fold.verdicts[position]?.kind));
    const isWanted = (): boolean => changing.some(isUnsettled);
    for (const update of changing) update.phase = 'sent';
    const { tookMs: foldMs } = planned.fold;
    const batch = planned.updates.length;
    emit(settings, { kind: 'write', key, batch, remembered: sight.asOf === 0, foldMs });
    const delivery = await courier.deliver(planned.attempt, settings, isWanted);
    for (const update of changing) if (isUnsettled(update)) update.phase = 'waiting';
    return conclude(planned, changing, delivery, sight, asOf, settings);
  };

  const run = async (): Promise<void> => {
    let sight: Sight | undefined;
    for (let first = firstPending(); first; first = firstPending()) {
      try {
        sight = await turn(first, sight);
      } catch (error) {
        sight = undefined;
        // What could not be used is not remembered: it may be repaired before the next update.
        memo.forget();
        giveUp(batchOf(first), error, first.command.settings);
      }
    }
    cancelWatch();
    watchedUntil = Number.POSITIVE_INFINITY;
    isRunning = false;
    onIdle();
  };

  const watch = ({ deadlineAt, settings: { clock } }: Update['command']): void => {
    cancelWatch();
    watchedUntil = deadlineAt;
    cancelWatch = clock.startTimer(() => {
      watchedUntil = Number.POSITIVE_INFINITY;
      for (const update of pending.filter(isUnsettled)) {
        if (update.command.deadlineAt <= clock.monotonic()) update.expire(courier.latestFault());
        else if (update.command.deadlineAt < watchedUntil) watch(update.command);
      }
    }, deadlineAt - clock.monotonic());
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
      queueMicrotask(() => void run());
    },
    rememberedBytes: () => memo.bytes(),
  };
}

function isUnsettled({ phase }: Update): boolean {
  return phase !== 'settled';
}

function settle(update: Update, { fold }: Plan, position: number): void {
  const verdict = fold.verdicts[position];
  if (verdict?.kind === 'failed') update.reject(verdict.error);
  else update.resolve(verdict?.result);
}

async function rest(restMs: number, { clock }: Settings): Promise<void> {
  // A timer cannot wait for less than about a millisecond.
  if (restMs >= 0.5) await delay(restMs, undefined, clock);
}
