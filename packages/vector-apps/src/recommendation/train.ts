import { errorCode, InvalidArgumentError, isKeyNotFound } from '@norikv/store';
import { afterWrite } from '../core/after-write.js';
import type { CallBudget } from '../core/call-budget.js';
import { limitedSource } from '../core/limited-source.js';
import { nextTurn } from '../core/next-turn.js';
import { TrainingSupersededError } from '../errors.js';
import type { Catalogue } from './catalogue.js';
import { interactionMatrix, type TrainingEvent } from './interaction-matrix.js';
import { type FactorOptions, itemFactors } from './item-factors.js';
import { shardsFor } from './learned-vectors.js';
import type { LearnedLookup, TrainedSpaces } from './trained-spaces.js';
import { begin, publish, swept, type Training } from './trainings.js';

/** What a training did. */
export interface TrainingReport {
  /** Counts the trainings of this catalogue. */
  readonly training: number;
  /** Users whose events taught something: those who liked at least two products. */
  readonly users: number;
  /** Products something was learned about. The others keep the vectors of their texts. */
  readonly products: number;
}

/** Checked options of a training. */
export interface TrainingPlan extends Omit<FactorOptions, 'pause'> {
  readonly contentShare: number;
}

/**
 * Learns vectors from events and lets readers use them, all at once: until they are complete they are in a
 * namespace of their own, which nobody reads.
 *
 * @throws TrainingSupersededError when another training began meanwhile.
 */
export async function train(
  catalogue: Catalogue,
  events: Iterable<TrainingEvent> | AsyncIterable<TrainingEvent>,
  plan: TrainingPlan,
  budget: CallBudget,
): Promise<TrainingReport> {
  const ids = await catalogue.ids(budget);
  const known = new Set(ids);
  const pause = async (): Promise<void> => {
    await nextTurn();
    budget.next();
  };
  const matrix = await interactionMatrix(
    limitedSource(events, budget),
    (productId) => known.has(productId),
    pause,
  );
  if (matrix.rows.length === 0) {
    throw new InvalidArgumentError(
      'events teach nothing; use events of users who like at least two products of the catalogue',
    );
  }
  const vectors = await itemFactors(matrix, { ...plan, pause });
  const learned = new Map(matrix.productIds.map((id, place) => [id, vectors[place] ?? new Float32Array(0)]));
  const shards = shardsFor(learned.size);
  const { factors, contentShare } = plan;
  const { training, discarded } = await catalogue.trained.update(
    begin({ factors, contentShare, shards }),
    budget,
  );
  await removeDiscarded(catalogue.trained, discarded, budget, training.number - 1);
  await fill(catalogue, training, learned, ids, budget);
  return { training: training.number, users: matrix.rows.length, products: learned.size };
}

async function fill(
  catalogue: Catalogue,
  training: Training,
  learned: ReadonlyMap<string, Float32Array>,
  ids: readonly string[],
  budget: CallBudget,
): Promise<void> {
  const { trained } = catalogue;
  const lookup: LearnedLookup = async (id) => learned.get(id) ?? null;
  try {
    await trained.learned.write(training, learned, budget);
    await trained.vectors(training).createNamespace(budget);
    await trained.complete(training, ids, budget, lookup);
    if (!(await trained.update(publish(training.number), budget))) throw superseded(training);
    await afterWrite(`Training ${training.number} is in use`, 'run repair()', async () =>
      // Products written before readers used this training, and after it was filled.
      trained.complete(training, await catalogue.ids(budget), budget, lookup),
    );
  } catch (error) {
    // The namespace is missing only if a later training has removed it.
    if (!isKeyNotFound(error) && errorCode(error) !== TrainingSupersededError.code) throw error;
    await trained.remove(training, budget);
    throw superseded(training);
  }
}

/**
 * Removes what earlier trainings left. What cannot be removed now stays noted.
 *
 * @param noted - a training that stays noted too, because it may not know yet that it was given up.
 */
export async function removeDiscarded(
  trained: TrainedSpaces,
  discarded: readonly Training[],
  budget: CallBudget,
  noted = 0,
): Promise<void> {
  if (discarded.length === 0) return;
  for (const training of discarded) await trained.remove(training, budget);
  const gone = discarded.map(({ number }) => number).filter((number) => number !== noted);
  await trained.update(swept(gone), budget);
}

function superseded({ number }: Training): TrainingSupersededError {
  return new TrainingSupersededError(
    `Training ${number} was given up because a later one began; nothing of it is used. Let one process train.`,
  );
}
