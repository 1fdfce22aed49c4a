import { type Clock, systemClock } from '@norikv/store';
import { checkWhole, refuse } from '@norikv/store/checks';
import { checkCall, checkFlags, checkFunctions, checkNumber, checkShared } from '../core/checks.js';
import { checkId } from '../core/vector-id.js';
import { mostDimensions } from '../core/vector-space.js';
import type { HalfLives } from './decay.js';
import type { RecommendationOptions, RecommendOptions, SimilarOptions, TrainingOptions } from './options.js';
import type { TrainingPlan } from './train.js';

/** What an engine goes by: its checked options. */
export interface Settings {
  readonly namespace: string;
  readonly prefix: string;
  readonly eventTypes: ReadonlyMap<string, number>;
  readonly halfLives: HalfLives;
  readonly shortShare: number;
  readonly seenSize: number;
  readonly recentSize: number;
  readonly popularityWeight: number;
  readonly maxAgeMs: number;
  readonly clockToleranceMs: number;
  readonly concurrency: number;
  readonly unsafeAllowNonAtomicCas: boolean | undefined;
  readonly clock: Clock;
  readonly random: () => number;
}

const dayMs = 86_400_000;
const longestMs = 100 * 365 * dayMs;
const defaultTypes = { view: 1, click: 1, cart: 3, like: 4, purchase: 5, dislike: -4 };

/** Interactions a user's record keeps, from which it is made anew when the vectors change. */
const recentSize = 50;

const optionNames: readonly (keyof RecommendationOptions)[] = [
  'prefix',
  'eventTypes',
  'longHalfLifeMs',
  'shortHalfLifeMs',
  'shortShare',
  'seenSize',
  'popularityWeight',
  'popularityMaxAgeMs',
  'clockToleranceMs',
  'batchSize',
  'cacheSize',
  'concurrency',
];

const usualPrefix = 'recommendation:';

/**
 * Checks options by name and fills in the defaults.
 *
 * @throws InvalidArgumentError if one is wrong.
 */
export function settingsOf(options: RecommendationOptions): Settings {
  checkShared(options, optionNames);
  const {
    prefix = usualPrefix,
    namespace = prefix === usualPrefix ? 'products' : `${prefix}products`,
    eventTypes = defaultTypes,
    longHalfLifeMs = 30 * dayMs,
    shortHalfLifeMs = dayMs,
    shortShare = 0.3,
    seenSize = 200,
    popularityWeight = 0.05,
    popularityMaxAgeMs = 60_000,
    clockToleranceMs = 300_000,
    concurrency = 16,
    unsafeAllowNonAtomicCas,
    clock = systemClock,
    random = Math.random,
  } = options;
  if (eventTypes === null) refuse('eventTypes', eventTypes, 'an object of weights');
  for (const [type, weight] of Object.entries(eventTypes)) checkWeight(`eventTypes.${type}`, weight);
  return {
    namespace,
    prefix,
    eventTypes: new Map(Object.entries(eventTypes)),
    halfLives: {
      longMs: checkNumber('longHalfLifeMs', longHalfLifeMs, 1, longestMs),
      shortMs: checkNumber('shortHalfLifeMs', shortHalfLifeMs, 1, longestMs),
    },
    shortShare: checkNumber('shortShare', shortShare, 0, 1),
    seenSize: checkWhole('seenSize', seenSize, 0, 2_000),
    recentSize,
    popularityWeight: checkNumber('popularityWeight', popularityWeight, 0, 1_000),
    maxAgeMs: checkNumber('popularityMaxAgeMs', popularityMaxAgeMs, 0, longestMs),
    clockToleranceMs: checkNumber('clockToleranceMs', clockToleranceMs, 0, longestMs),
    concurrency: checkWhole('concurrency', concurrency, 1, 1_000),
    unsafeAllowNonAtomicCas,
    clock,
    random,
  };
}

/** @throws InvalidArgumentError if an option is wrong. */
export function planOf(options: TrainingOptions, dimensions: number): TrainingPlan {
  checkCall(options, ['factors', 'rounds', 'contentShare']);
  // A vector holds what was learned beside the text.
  checkWhole('model.dimensions', dimensions, 1, mostDimensions - 1);
  const room = Math.min(1_024, mostDimensions - dimensions);
  const { factors = Math.min(128, room), rounds = 12, contentShare = 0.05 } = options;
  return {
    factors: checkWhole('factors', factors, 1, room),
    rounds: checkWhole('rounds', rounds, 1, 1_000),
    contentShare: checkNumber('contentShare', contentShare, 0, 0.99),
  };
}

/** @throws InvalidArgumentError unless the value can be the weight of an event. */
export function checkWeight(name: string, weight: number): number {
  return checkNumber(name, weight, -1_000_000, 1_000_000);
}

/** @throws InvalidArgumentError if what is asked for makes no sense. */
export function checkRequest(topK: number, options: SimilarOptions & RecommendOptions): void {
  checkCall(options, ['filter', 'boost', 'diversity', 'excludeSeen', 'sessionItems', 'explain']);
  const { diversity = 0, filter, boost, excludeSeen, explain, sessionItems = [] } = options;
  checkFunctions({ filter, boost });
  checkFlags({ excludeSeen, explain });
  if (!Array.isArray(sessionItems)) refuse('sessionItems', sessionItems, 'an array of product ids');
  for (const productId of sessionItems) checkId(productId, 'an id in sessionItems');
  checkWhole('topK', topK, 1, 1_000);
  checkNumber('diversity', diversity, 0, 1);
}
