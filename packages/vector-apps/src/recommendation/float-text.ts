import { valueAt } from '../core/vector-math.js';

/** Numbers as text: base64 of 32-bit floats, little-endian on every machine. */
export function floatsToText(values: ArrayLike<number>): string {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  for (let place = 0; place < values.length; place += 1)
    view.setFloat32(place * 4, valueAt(values, place), true);
  return Buffer.from(view.buffer).toString('base64');
}

/**
 * Reads what {@link floatsToText} wrote.
 *
 * @throws TypeError for any other text.
 */
export function floatsFromText(text: string): Float32Array {
  const bytes = Buffer.from(text, 'base64');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const values = Float32Array.from({ length: bytes.length / 4 }, (_, place) =>
    view.getFloat32(place * 4, true),
  );
  if (bytes.length % 4 !== 0 || !values.every(Number.isFinite))
    throw new TypeError('not a list of 32-bit floats');
  return values;
}
