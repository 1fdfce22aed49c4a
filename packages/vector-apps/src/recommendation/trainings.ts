import { type Codec, jsonCodec, keep, type Transition, write } from '@norikv/cas-retry';

/** Vectors that were learned from events, and where they are. */
export interface Training {
  /** Counts the trainings of a catalogue from 1; never given twice. */
  readonly number: number;
  /** Numbers in a learned vector. */
  readonly factors: number;
  /** How much of a product's vector is its text, 0 to 1. */
  readonly contentShare: number;
  /** In how many records the learned vectors are. */
  readonly shards: number;
}

/** Which training readers use, and which others have something in the store. */
export interface Trainings {
  readonly last: number;
  /** Null: none yet, only the texts count. */
  readonly active: Training | null;
  /** Under way, or cut off. */
  readonly unfinished: Training | null;
  /** No longer used, or never to be finished; to be removed. */
  readonly discarded: readonly Training[];
  /** The one used before: it stays until the next training, for readers that are about to use it. */
  readonly previous: Training | null;
}

/** No training yet. */
export const noTrainings: Trainings = {
  last: 0,
  active: null,
  unfinished: null,
  discarded: [],
  previous: null,
};

/** How {@link Trainings} are kept. */
export const trainingsCodec: Codec<Trainings> = jsonCodec((data): Trainings => {
  const { last, active, unfinished, discarded, previous } = data as Trainings;
  const isKnown =
    Number.isSafeInteger(last) &&
    [active, unfinished, previous].every((one) => one === null || isTraining(one)) &&
    Array.isArray(discarded) &&
    discarded.every(isTraining);
  if (!isKnown) throw new TypeError('not the trainings of a catalogue');
  return { last, active, unfinished, discarded, previous };
});

/** A training that has begun, and what is to be removed before it goes on. */
export interface BegunTraining {
  readonly training: Training;
  readonly discarded: readonly Training[];
}

/** Begins a training. One that had not ended is given up, and what nobody uses is to be removed. */
export function begin(plan: Omit<Training, 'number'>): Transition<Trainings, BegunTraining> {
  return (trainings = noTrainings) => {
    const training = { number: trainings.last + 1, ...plan };
    const unused = [trainings.unfinished, trainings.previous].filter((one) => one !== null);
    const discarded = [...trainings.discarded, ...unused];
    const { active } = trainings;
    const begun = { last: training.number, active, unfinished: training, discarded, previous: null };
    return write(begun, { training, discarded });
  };
}

/** Makes readers use a training. False if it was given up meanwhile. */
export function publish(number: number): Transition<Trainings, boolean> {
  return (trainings = noTrainings) => {
    const { active, unfinished } = trainings;
    if (unfinished?.number !== number) return keep(false);
    return write({ ...trainings, active: unfinished, unfinished: null, previous: active }, true);
  };
}

/** Takes note that trainings were removed from the store. */
export function swept(numbers: readonly number[]): Transition<Trainings, null> {
  return (trainings = noTrainings) => {
    const discarded = trainings.discarded.filter(({ number }) => !numbers.includes(number));
    return write({ ...trainings, discarded }, null);
  };
}

function isTraining({ number, factors, contentShare, shards }: Training): boolean {
  return [number, factors, shards].every(Number.isSafeInteger) && Number.isFinite(contentShare);
}
