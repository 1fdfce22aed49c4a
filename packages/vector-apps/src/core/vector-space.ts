import { jsonCodec, keep, write } from '@norikv/cas-retry';
import { type DistanceFunction, InvalidArgumentError } from '@norikv/store';
import { ModelMismatchError } from '../errors.js';
import type { CallBudget } from './call-budget.js';
import type { LimitedUpdater } from './limited-updater.js';

/** How many numbers a vector may have: what stores take. */
export const mostDimensions = 4_096;

/** What all vectors of a namespace have in common. */
export interface VectorSpace {
  readonly namespace: string;
  readonly dimensions: number;
  readonly distance: DistanceFunction;
  /** Names the model; empty if unknown. */
  readonly fingerprint: string;
}

const spaceCodec = jsonCodec((data): VectorSpace => {
  const { namespace, dimensions, distance, fingerprint } = data as VectorSpace;
  const isSpace = [namespace, distance, fingerprint].every((text) => typeof text === 'string');
  if (!isSpace || !Number.isInteger(dimensions)) throw new TypeError('not the description of a namespace');
  return { namespace, dimensions, distance, fingerprint };
});

/**
 * Records which model the vectors are of. A store only says whether a namespace existed, not of what kind.
 *
 * @throws ModelMismatchError when it holds the vectors of another model.
 */
export function claimSpace(
  updater: LimitedUpdater,
  key: string,
  wanted: VectorSpace,
  budget: CallBudget,
): Promise<null> {
  return updater.update(
    key,
    spaceCodec,
    (stored?: VectorSpace) => (isKnown(key, stored, wanted) ? keep(null) : write(wanted, null)),
    budget,
  );
}

/**
 * Whether it is recorded already which model the vectors are of: then there is nothing to claim.
 *
 * @throws ModelMismatchError when it holds the vectors of another model.
 */
export async function isSpaceKnown(
  updater: LimitedUpdater,
  key: string,
  wanted: VectorSpace,
  budget: CallBudget,
): Promise<boolean> {
  return isKnown(key, await updater.read(key, spaceCodec, budget), wanted);
}

function isKnown(key: string, stored: VectorSpace | undefined, wanted: VectorSpace): boolean {
  const difference = stored && differenceOf(stored, wanted);
  if (difference) {
    throw new ModelMismatchError(
      `The vectors under "${key}" have ${difference}; vectors of different models mean different things. ` +
        'Use the model they were made with, or another namespace and prefix.',
      { key },
    );
  }
  return stored !== undefined && (stored.fingerprint !== '' || wanted.fingerprint === '');
}

function differenceOf(stored: VectorSpace, wanted: VectorSpace): string | undefined {
  const names = ['namespace', 'dimensions', 'distance', 'fingerprint'] as const;
  const isUnnamed = stored.fingerprint === '' || wanted.fingerprint === '';
  const name = names.find((one) => stored[one] !== wanted[one] && !(one === 'fingerprint' && isUnnamed));
  return name && `${name} ${JSON.stringify(stored[name])}, not ${JSON.stringify(wanted[name])}`;
}

/**
 * Throws unless a vector fits a space: a store would refuse it after the writing had begun.
 *
 * @throws InvalidArgumentError naming what is wrong.
 */
export function checkVector(vector: Float32Array, { dimensions, distance }: VectorSpace): void {
  if (vector.length !== dimensions) {
    throw new InvalidArgumentError(`A vector has ${vector.length} numbers; this space has ${dimensions}`);
  }
  if (!vector.every(Number.isFinite)) {
    throw new InvalidArgumentError('A vector holds a number that is not finite; give finite numbers');
  }
  if (distance === 'cosine' && vector.every((number) => number === 0)) {
    throw new InvalidArgumentError('A vector is all zeros, which has no direction; leave it out');
  }
}
