import type { EmbeddingModel } from '../../src/core/embedding-model.js';

/** A model that says what it was asked. */
export interface HashingModel extends EmbeddingModel {
  calls: number;
  texts: string[];
  embed(text: string): Float32Array;
  embedBatch(texts: readonly string[]): Float32Array[];
}

/** Counts the three-letter pieces of the words of a text in 64 boxes: similar texts get similar vectors. */
export function hashingModel(dimensions = 64): HashingModel {
  const embed = (text: string): Float32Array => {
    const vector = new Float32Array(dimensions);
    vector[0] = 0.1;
    for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []) {
      const padded = ` ${word} `;
      for (let start = 0; start + 3 <= padded.length; start += 1) {
        const box = hash(padded.slice(start, start + 3)) % dimensions;
        vector[box] = (vector[box] ?? 0) + 1;
      }
    }
    const length = Math.sqrt(vector.reduce((sum, number) => sum + number * number, 0));
    return vector.map((number) => number / length);
  };
  const model = {
    dimensions,
    fingerprint: `hashing-${dimensions}`,
    calls: 0,
    texts: [] as string[],
    embed(text: string): Float32Array {
      model.calls += 1;
      model.texts.push(text);
      return embed(text);
    },
    embedBatch(texts: readonly string[]): Float32Array[] {
      model.calls += 1;
      model.texts.push(...texts);
      return texts.map(embed);
    },
  };
  return model;
}

function hash(text: string): number {
  let value = 7;
  for (let place = 0; place < text.length; place += 1) {
    value = (Math.imul(value, 31) + text.charCodeAt(place)) >>> 0;
  }
  return value;
}
