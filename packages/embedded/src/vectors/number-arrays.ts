/** A number of an array; 0 behind its end. */
export function numberAt(numbers: Float64Array, place: number): number {
  return numbers[place] ?? 0;
}

/** As {@link numberAt}; apart, as code is faster that meets one kind of array. */
export function floatAt(numbers: Float32Array, place: number): number {
  return numbers[place] ?? 0;
}

/** An array with room for so many numbers: the same, or a larger copy. */
export function withRoom(numbers: Float64Array, count: number): Float64Array {
  if (count <= numbers.length) return numbers;
  const larger = new Float64Array(Math.max(count, 2 * numbers.length));
  larger.set(numbers);
  return larger;
}

/** Exchanges two numbers. */
export function swapIn(numbers: Float64Array, one: number, other: number): void {
  const moved = numberAt(numbers, one);
  numbers[one] = numberAt(numbers, other);
  numbers[other] = moved;
}
