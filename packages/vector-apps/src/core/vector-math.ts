/** A number of a vector; 0 beyond its end. */
export function valueAt(vector: ArrayLike<number>, place: number): number {
  return vector[place] ?? 0;
}

/** The sum of products. */
export function dot(left: ArrayLike<number>, right: ArrayLike<number>): number {
  let sum = 0;
  for (let place = 0; place < left.length; place += 1) sum += valueAt(left, place) * valueAt(right, place);
  return sum;
}

/** The euclidean length. */
export function lengthOf(vector: ArrayLike<number>): number {
  return Math.sqrt(dot(vector, vector));
}

/** The cosine of the angle; 0 if one of them has no direction. */
export function cosine(left: ArrayLike<number>, right: ArrayLike<number>): number {
  const lengths = Math.sqrt(dot(left, left) * dot(right, right));
  return lengths > 0 ? dot(left, right) / lengths : 0;
}

/** The same direction with another length. A vector of zeros stays as it is. */
export function scaled(vector: ArrayLike<number>, length: number): Float32Array {
  const factor = length / (lengthOf(vector) || 1);
  return Float32Array.from(vector, (value) => value * factor);
}
