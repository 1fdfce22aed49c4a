import type { Key, KvStore } from '@norikv/store';
import { tell } from '@norikv/store/listeners';
import { createContention } from './contention.js';
import { type Broken, createCourier } from './courier.js';
import { delay } from './delay.js';
import { faultOf } from './fault.js';
import { isChange } from './fold.js';
import { createMemo } from './memo.js';
import { mayBeApplied, type PendingUpdate } from './pending-update.js';
import { type Plan, plan } from './plan.js';
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
  const confirm = (planned: Plan, asOf: number, settings: Settings): Promise<Sight> | undefined => {
    for (const [position, update] of planned.updates.entries()) {
      if (update.arrival <= asOf) settle(update, planned, position);
    }
    return firstPending() && look(settings);
  };

  const finish = (planned: Plan, written: Snapshot, isRemembered: boolean, settings: Settings): void => {
    const { clock, random, fair } = settings;
    failures = 0;
    if (isRemembered) memo.confirm();
    if (store.capabilities?.putVersionUsable) memo.remember(written);
    else memo.forget();
    for (const [position, update] of planned.updates.entries()) settle(update, planned, position);
    if (fair) restUntil = clock.monotonic() + contention.won(random) * transport.roundTripMs;
  };

  const startOver = async (
    changing: readonly Update[],
    snapshot: Snapshot,
    isRemembered: boolean,
    asOf: number,
    settings: Settings,
  ): Promise<Sight | undefined> => {
    const { clock, random, backoffCapRoundTrips } = settings;
    failures = 0;
    tell(settings.onEvent, { kind: 'conflict', key, remembered: isRemembered });
    for (const update of changing) update.countConflict();
    contention.noticed();
    memo.observe(snapshot);
    if (isRemembered) return { snapshot, asOf };
    const restMs = contention.backoff(random, backoffCapRoundTrips) * transport.roundTripMs;
    if (restMs >= shortestRestMs) await delay(restMs, undefined, clock);
    return undefined;
  };

  const recover = async (
    changing: readonly Update[],
    { kind, error }: Broken,
    settings: Settings,
    isWanted: () => boolean,
  ): Promise<void> => {
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

  /** One batch from reading to its outcome. Returns what to write on next, if that is already known. */
  const turn = async (first: Update, known: Sight | undefined): Promise<Sight | undefined> => {
    const { settings } = first.command;
    const { clock } = settings;
    const restMs = restUntil - clock.monotonic();
    if (restMs >= shortestRestMs) await delay(restMs, undefined, clock);
    const sight = known ?? recall(settings) ?? (await look(settings));
    const now = clock.monotonic();
    const batch = batchOf(first);
    for (const update of batch)
      if (update.isTooLate(now, transport.roundTripMs)) update.expire(courier.latestFault());
    const planned = plan(sight.snapshot, batch.filter(isUnsettled), settings, { store, writer });
    if (!planned?.attempt) return planned && confirm(planned, sight.asOf, settings);

    const asOf = arrivals;
    const isRemembered = sight.asOf === 0;
    const changing = planned.updates.filter((_, position) => isChange(planned.fold.verdicts[position]?.kind));
    // A transition has ended the signal of one whose change is in the batch, and its caller was told of none.
    if (!changing.every(isUnsettled)) return sight;
    const isWanted = (): boolean => changing.some(isUnsettled);
    for (const update of changing) update.phase = 'sent';
    const { tookMs: foldMs } = planned.fold;
    const batchSize = planned.updates.length;
    tell(settings.onEvent, { kind: 'write', key, batch: batchSize, remembered: isRemembered, foldMs });
    const delivery = await courier.deliver(planned.attempt, settings, isWanted);
    for (const update of changing) if (isUnsettled(update)) update.phase = 'waiting';
    if (delivery.kind === 'lost') return startOver(changing, delivery.snapshot, isRemembered, asOf, settings);
    if (delivery.kind === 'applied') finish(planned, delivery.snapshot, isRemembered, settings);
    else await recover(changing, delivery, settings, isWanted);
    return undefined;
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
