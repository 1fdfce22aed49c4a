import { EmbeddingError } from '../errors.js';
import type { Vector } from './embedding-model.js';

/**
 * What a model answered, as one finite vector of its dimensions for each text.
 *
 * @throws EmbeddingError for anything else: a vector too few would shift all later ones against their texts.
 */
export function checkedVectors(answer: readonly Vector[], count: number, dimensions: number): Float32Array[] {
  if (!Array.isArray(answer) || answer.length !== count) {
    const got = Array.isArray(answer) ? answer.length : typeof answer;
    throw new EmbeddingError(`The model was given ${count} texts and answered with ${got} vectors`);
  }
  return answer.map((given: Vector) => checkedVector(given, dimensions));
}

/**
 * One vector of a model, of its dimensions and finite.
 *
 * @throws EmbeddingError for anything else.
 */
export function checkedVector(given: Vector, dimensions: number): Float32Array {
  // What JSON makes of NaN is null, which would count as 0.
  const vector = Float32Array.from(given ?? [], (value) => (typeof value === 'number' ? value : Number.NaN));
  if (vector.length !== dimensions) {
    throw new EmbeddingError(`A vector of the model has ${vector.length} numbers, not ${dimensions}`);
  }
  if (!vector.every(Number.isFinite)) {
    throw new EmbeddingError('A vector of the model holds a number that is not finite');
  }
  return vector;
}
