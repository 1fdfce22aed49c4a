import {
  type Change,
  createUpdater,
  delay,
  keep,
  type Transition,
  type UpdateOptions,
  type Updater,
  type UpdaterOptions,
  write,
} from '@norikv/cas-retry';
import {
  CancelledError,
  type Clock,
  DeadlineExceededError,
  type GetOptions,
  type KvStore,
  systemClock,
} from '@norikv/store';
import { type Addition, addTo, type Part } from './add.js';
import { beforeWrite } from './before-write.js';
import { emptyHead, type Head, headCodec, type Ref } from './head.js';
import { type Limits, limitsOf, operationWindowOf } from './limits.js';
import type { LogKeys } from './log-keys.js';
import { checkOwner } from './owner.js';
import { notPrepared, partsOf, putBeside } from './parts.js';
import { corrupt } from './record.js';
import { asking, createRightOfWay, type RightOfWay } from './right-of-way.js';
import { Sealer } from './sealer.js';
import { Segments } from './segments.js';
import { deleteTrash } from './trash.js';
import { type Slice, type Span, walk } from './walk.js';

/** What an append decides on the current head: to add something, or to stop with an answer. */
export type Plan<Answer> = Addition | { readonly stop: Answer };

/** Where an append has put its lines, and what its id stands for. */
export interface Committed {
  readonly first: number;
  readonly last: number;
  readonly fingerprint?: string | undefined;
}

/** What became of an append. `isRepeated`: its id was known, nothing was written. */
export type Appended<Answer> =
  | (Committed & { readonly isRepeated: boolean; readonly head?: Head | undefined })
  | { readonly stop: Answer };

type Outcome<Answer> =
  | 'full'
  | 'behind'
  | { readonly stop: Answer }
  | (Committed & { readonly attempt: string });

/** Options of one append. Its deadline is a moment, as it may have begun before it reached the log. */
export interface LogAppendOptions extends Omit<UpdateOptions, 'deadlineMs' | 'onConflict'> {
  readonly endsAt?: number | undefined;
}

/** Between two looks at whether the append that goes first is done. */
const pauseMs = 10;

/**
 * Logs of text lines over a store: one changing record each, everything else written once.
 *
 * One conditional write of the head is the commit point of an append of any size.
 */
export class Log {
  readonly limits: Limits;
  readonly #store: KvStore;
  readonly #keys: LogKeys;
  readonly #updater: Updater;
  readonly #options: UpdaterOptions;
  readonly #clock: Clock;
  readonly #segments: Segments;
  readonly #sealer: Sealer;
  readonly #isBehind: RightOfWay;

  constructor(store: KvStore, keys: LogKeys, options: UpdaterOptions = {}, rollBytes?: number) {
    this.limits = limitsOf(store, rollBytes);
    const operationWindow = operationWindowOf(store, options.operationWindow);
    this.#keys = keys;
    this.#store = store;
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#segments = new Segments(store, keys);
    this.#sealer = new Sealer(this.#segments, (...change) => this.update(...change));
    this.#isBehind = createRightOfWay(this.#clock);
    this.#updater = createUpdater(store, { ...options, operationWindow });
  }

  /** One round trip. */
  async head(name: string, options?: GetOptions): Promise<Head | undefined> {
    const key = this.#keys.head(name);
    const head = await this.#updater.read(key, headCodec, options);
    return head && checkOwner(head, name, key);
  }

  /** The head, read so that an append that follows need not read it again. */
  peek(name: string, options?: UpdateOptions): Promise<Head | undefined> {
    return this.update(name, (head) => keep(head), options);
  }

  /** Where an append with this id has put its lines; undefined if the log does not know it. One round trip. */
  committed(name: string, opId: string, options?: GetOptions): Promise<Committed | undefined> {
    return this.update<Committed | undefined>(name, () => keep(undefined), { ...options, opId });
  }

  /** Changes a head. */
  update<Result>(
    name: string,
    transition: Transition<Head, Result>,
    options?: UpdateOptions,
  ): Promise<Result> {
    const key = this.#keys.head(name);
    const checked: Transition<Head, Result> = (head, now) =>
      transition(head && checkOwner(head, name, key), now);
    return this.#updater.update(key, headCodec, checked, options);
  }

  /** A head with what this process has sealed taken in: what is cut off of it then takes that along. */
  rolled(head: Head): Head {
    return this.#sealer.rolled(head);
  }

  /** Adds what `plan` decides. One round trip where the state is remembered, two more when the tail is sealed. */
  async append<Answer>(
    name: string,
    plan: (head: Head, now: number) => Plan<Answer>,
    { signal, endsAt = this.endOf(), opId, fingerprint }: LogAppendOptions = {},
  ): Promise<Appended<Answer>> {
    const attempt = crypto.randomUUID();
    /** The name under which it has asked to go first. */
    let turn = '';
    let needsAll = false;
    for (let isFirst = true; ; ) {
      let seen = emptyHead(name, this.limits.rollBytes);
      const outcome = await this.update(
        name,
        (current = emptyHead(name, this.limits.rollBytes), now): Change<Head, Outcome<Answer>> => {
          // On what is stored: a truncation may delete what this process has sealed, with lines that it does not cut off.
          const planned = plan(current, now);
          if ('stop' in planned) return keep(planned);
          const head = this.#sealer.rolled(current);
          if (this.#isBehind(head, turn)) return keep('behind');
          const next = addTo(head, planned, this.limits);
          seen = next ?? head;
          needsAll = planned.parts !== undefined;
          if (!next) return keep('full');
          return write(next, { first: head.last + 1, last: next.last, attempt, fingerprint });
        },
        { opId, signal, deadlineMs: this.leftUntil(endsAt) },
      );
      if (outcome === 'behind') await delay(pauseMs, signal, this.#clock);
      else if (outcome === 'full') {
        // What a kept transition saw last was read after the call, or committed before it: it is in the log.
        if (!isFirst) turn = crypto.randomUUID();
        const makeRoom = async (): Promise<void> => {
          const full = isFirst ? seen : await this.#goFirst(seen, turn, endsAt, signal);
          await this.#sealer.makeRoom(full, needsAll);
        };
        await beforeWrite(makeRoom, { signal, clock: this.#clock, timeoutMs: this.leftUntil(endsAt) });
        isFirst = false;
      } else if ('stop' in outcome) return outcome;
      else {
        const isRepeated = outcome.attempt !== attempt;
        const head = isRepeated ? undefined : seen;
        if (head) await this.#sealer.sealIfLong(head);
        return { ...outcome, isRepeated, head };
      }
    }
  }

  /** Asks the others to let an append go first, and gives the head as they leave it. */
  #goFirst(seen: Head, turn: string, endsAt: number, signal: AbortSignal | undefined): Promise<Head> {
    const ask = asking(seen, turn, this.#isBehind, (head) => this.rolled(head));
    return this.update(seen.name, ask, { signal, deadlineMs: this.leftUntil(endsAt) }).catch((cause) => {
      this.leftUntil(endsAt);
      return notPrepared(this.#keys.head(seen.name))(cause);
    });
  }

  /** When a call that begins now must have ended, by the monotonic clock. */
  endOf(deadlineMs: number = this.#options.deadlineMs ?? 10_000): number {
    return this.#clock.monotonic() + deadlineMs;
  }

  /** Writes lines too long for a head beside it, for an append that adds them. */
  async prepareParts(
    name: string,
    lines: readonly string[],
    { signal, endsAt = this.endOf() }: LogAppendOptions,
  ): Promise<readonly Part[]> {
    const parts: Part[] = [];
    try {
      for (const { part, pieces } of partsOf(lines, name, this.limits)) {
        parts.push(part);
        for (const [piece, bytes] of pieces.entries()) {
          const key = this.#keys.part(name, part.token, piece);
          await putBeside(this.#store, key, bytes, { signal, timeoutMs: this.leftUntil(endsAt) });
        }
      }
    } catch (error) {
      await this.discard(name, parts);
      if (signal?.aborted) throw new CancelledError('Cancelled; nothing was appended.', { cause: error });
      this.leftUntil(endsAt);
      throw error;
    }
    return parts;
  }

  /** Deletes parts that nothing will refer to. A failure leaves them, unseen. */
  async discard(name: string, parts: readonly Part[] = []): Promise<void> {
    const keys = parts.flatMap(({ token, pieces }) => this.#segments.keysOf(name, 0, [0, 0, token, pieces]));
    await Promise.allSettled(keys.map((key) => this.#store.delete(key)));
  }

  /** Deletes what the head has cut off. A crash on the way leaves the rest for the next call. */
  async emptyTrash(name: string): Promise<void> {
    const head = await this.head(name);
    if (!head || head.trash.length === 0) return;
    const { trash } = head;
    await deleteTrash(this.#store, this.#segments, name, trash);
    await this.update(name, (current = head) => {
      const left = current.trash.filter((item) => !trash.some((done) => `${done}` === `${item}`));
      return write({ ...current, trash: left }, undefined);
    });
  }

  /** Reads lines in order. What is cut off meanwhile is left out. */
  read(head: Head, span: Span, prefetch: number, options?: GetOptions): AsyncGenerator<Slice> {
    const { name } = head;
    const shelves = {
      page: (level: number, ref: Ref) => this.#segments.page(name, level, ref, options),
      lines: (ref: Ref) => this.#segments.lines(name, ref, options),
      missing: async ([first, last]: Ref): Promise<void> => {
        const now = await this.head(name, options);
        if (now && now.first > last) return;
        throw corrupt(`that should hold the events ${first} to ${last} of "${name}" is missing`);
      },
    };
    return walk(head, span, shelves, prefetch);
  }

  leftUntil(endsAt: number): number {
    const leftMs = endsAt - this.endOf(0);
    if (leftMs > 0) return Math.ceil(leftMs);
    throw new DeadlineExceededError('The deadline passed; nothing was written.', { outcome: 'not-applied' });
  }
}
