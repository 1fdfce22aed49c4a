import { type Change, type Codec, jsonCodec, keep, type Transition, write } from '@norikv/cas-retry';

/** One version of a record's vectors: their ids follow from it. */
export interface Generation {
  readonly generation: number;
  readonly vectorCount: number;
}

/** The generation that readers see. */
interface LiveGeneration extends Generation {
  readonly data: unknown;
}

/**
 * What one KV record says about one id: all that is true of it, and every generation that may have vectors in
 * the store. A record with nothing left but `floor` is a tombstone.
 */
export interface RecordState {
  readonly live: LiveGeneration | null;
  /** Generations whose writers insert vectors now, or died doing so. */
  readonly pending: readonly Generation[];
  /** Generations whose vectors are to be removed. */
  readonly stale: readonly Generation[];
  /** No generation up to this one may begin any more. */
  readonly floor: number;
}

/** What a call finds that was taken for dead, or overtaken: it is to begin again, under another generation. */
interface Fenced {
  readonly isFenced: true;
}

/** What a writer found when it wanted to make its generation the live one. */
interface Publication {
  readonly isFenced: false;
  readonly stale: readonly Generation[];
  readonly floor: number;
  /** Whether nobody else is writing. */
  readonly isLast: boolean;
}

/** What a delete did. */
interface Retirement {
  readonly isFenced: false;
  readonly existed: boolean;
  readonly stale: readonly Generation[];
  /** Whether nobody is writing. */
  readonly isLast: boolean;
}

/** How long a tombstone fences writers that were allotted a generation and have not begun. */
export const tombstoneMs = 3_600_000;

const absent: RecordState = { live: null, pending: [], stale: [], floor: 0 };

/** How a {@link RecordState} is kept. */
export const recordCodec: Codec<RecordState> = jsonCodec((data): RecordState => {
  const { live, pending, stale, floor } = data as RecordState;
  const isRecord =
    (live === null || isGeneration(live)) &&
    [pending, stale].every((list) => Array.isArray(list) && list.every(isGeneration)) &&
    Number.isSafeInteger(floor);
  if (!isRecord) throw new TypeError('not the record of a document with vectors');
  return { live, pending, stale, floor };
});

function isGeneration(value: unknown): value is Generation {
  const { generation, vectorCount } = (value ?? {}) as Partial<Generation>;
  return Number.isSafeInteger(generation) && Number.isSafeInteger(vectorCount);
}

/** Whether nothing is under way and no vector waits to be removed. */
export function isSettled({ pending, stale }: RecordState): boolean {
  return pending.length === 0 && stale.length === 0;
}

/** Transitions of a {@link RecordState}. `ttlMs` is the life of tombstones; undefined where nothing expires. */
export interface RecordTransitions {
  /** Announces vectors, before the first is written. False if the generation was fenced. */
  begin(begun: Generation): Transition<RecordState, boolean>;
  /** Makes a generation live, unless it was fenced or a newer one is. Fences those before it that have not begun. */
  publish(generation: number, data: unknown): Transition<RecordState, Publication | Fenced>;
  /** Removes what is live, and fences those who have not begun, unless the generation of the delete was fenced. */
  retire(generation: number): Transition<RecordState, Retirement | Fenced>;
  /** Fences writers up to a generation: they are taken for dead, and begin again if they are not. */
  settle(upTo: number): Transition<RecordState, RecordState>;
  /** Takes note that vectors were removed. */
  swept(generations: readonly Generation[]): Transition<RecordState, null>;
}

/** Makes the transitions for a store that lets keys expire after `ttlMs`, or never. */
export function recordTransitions(ttlMs: number | undefined): RecordTransitions {
  const changed = <Result>(state: RecordState, result: Result): Change<RecordState, Result> =>
    write(state, result, state.live === null && isSettled(state) ? ttlMs : undefined);

  return {
    begin:
      (begun) =>
      (state = absent) => {
        if (begun.generation <= state.floor) return keep(false);
        return changed({ ...state, pending: [...state.pending, begun] }, true);
      },

    publish:
      (generation, data) =>
      (state = absent): Change<RecordState, Publication | Fenced> => {
        const own = state.pending.find((one) => one.generation === generation);
        if (!own) return keep({ isFenced: true });
        const isNewest = (state.live?.generation ?? 0) < generation;
        const live = isNewest ? { ...own, data } : state.live;
        const replaced = isNewest ? state.live : own;
        const stale = replaced ? [...state.stale, bare(replaced)] : state.stale;
        const pending = state.pending.filter((one) => one !== own);
        const floor = Math.max(state.floor, generation);
        const isLast = pending.length === 0;
        return changed({ live, pending, stale, floor }, { isFenced: false, stale, floor, isLast });
      },

    retire:
      (generation) =>
      ({ live, pending, stale: before, floor } = absent): Change<RecordState, Retirement | Fenced> => {
        if (generation <= floor) return keep({ isFenced: true });
        const stale = live ? [...before, bare(live)] : before;
        const isLast = pending.length === 0;
        const retired = { live: null, pending, stale, floor: generation };
        return changed(retired, { isFenced: false, existed: live !== null, stale, isLast });
      },

    settle:
      (upTo) =>
      (state = absent) => {
        const dead = state.pending.filter(({ generation }) => generation <= upTo);
        const pending = state.pending.filter(({ generation }) => generation > upTo);
        const floor = Math.max(state.floor, upTo);
        const settled = { ...state, pending, stale: [...state.stale, ...dead], floor };
        return changed(settled, settled);
      },

    swept:
      (generations) =>
      (state = absent) => {
        const gone = new Set(generations.map(({ generation }) => generation));
        const stale = state.stale.filter(({ generation }) => !gone.has(generation));
        return changed({ ...state, stale }, null);
      },
  };
}

function bare({ generation, vectorCount }: Generation): Generation {
  return { generation, vectorCount };
}
