import { readFileSync } from 'node:fs';
import { seededRandom } from '@norikv/testkit';
import { expect, test } from 'vitest';
import wabt from 'wabt';
import { blockRows, strideOf } from '../src/vectors/matrix.js';
import { PlainMatrix } from '../src/vectors/plain-matrix.js';
import { scanModule } from '../src/vectors/scan-module.js';
import { WasmMatrix } from '../src/vectors/wasm-matrix.js';

test('the module in the package is what its source gives', async () => {
  const file = new URL('../src/vectors/scan.wat', import.meta.url);
  const assembler = await wabt();
  const { buffer } = assembler.parseWat('scan.wat', readFileSync(file, 'utf8'), { simd: true }).toBinary({});
  expect(scanModule).toBe(Buffer.from(buffer).toString('base64'));
});

test.each([1, 3, 4, 16, 17, 60, 64, 1_000, 4_096])('%i dimensions: both scans agree', (dimensions) => {
  const random = seededRandom(dimensions);
  const stride = strideOf(dimensions);
  const rows = Math.min(blockRows(stride), 70);
  const matrices = [new PlainMatrix(stride), new WasmMatrix(stride)];
  const numbers = Array.from({ length: rows }, () =>
    Float32Array.from({ length: dimensions }, () => random() - 0.5),
  );
  const query = Float32Array.from({ length: dimensions }, () => random() - 0.5);
  const [plain, wasm] = matrices.map((matrix) => {
    matrix.reserve(rows);
    for (const [row, vector] of numbers.entries()) matrix.numbers.set(vector, matrix.start + row * stride);
    // A longer query before leaves nothing behind.
    matrix.measure('dots', new Float32Array(dimensions).fill(9), 0, 1);
    return (['dots', 'squares'] as const).map((measure) => [
      ...matrix.measure(measure, query, 1, rows - 1).slice(0, rows - 1),
    ]);
  });
  for (const measure of [0, 1]) {
    for (const [row, expected] of (plain?.[measure] ?? []).entries()) {
      expect(wasm?.[measure]?.[row]).toBeCloseTo(expected, 3);
    }
  }
  expect(wasm?.[0]).toHaveLength(rows - 1);
});
