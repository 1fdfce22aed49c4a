import { fstatSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadGraphLibrary } from '../src/vectors/graph-library.js';
import { GraphWorker } from '../src/vectors/graph-worker.js';
import { newPath } from './support/folders.js';

test('what fails in the thread of a graph fails what was asked for, then and later', async () => {
  const library = await loadGraphLibrary();
  const config = library.configOf({ dimensions: 2, distance: 'cosine' }, 64);
  const worker = new GraphWorker({ library: library.file, config, base: undefined });
  await worker.ask({ keys: BigUint64Array.of(1n), vectors: Float32Array.of(1, 2) });
  // The same key again.
  const twice = worker.ask({ keys: BigUint64Array.of(1n), vectors: Float32Array.of(3, 4) });
  await expect(twice).rejects.toThrow(/key/i);
  await expect(worker.ask({})).rejects.toThrow(/key/i);
  await worker.stop();
});

test('a thread that is stopped fails what it was asked for', async () => {
  const library = await loadGraphLibrary();
  const config = library.configOf({ dimensions: 2, distance: 'cosine' }, 64);
  const worker = new GraphWorker({ library: library.file, config, base: undefined });
  const asked = worker.ask({ save: '/' });
  const stopped = worker.stop();
  await expect(asked).rejects.toThrow();
  await stopped;
});

test('a graph whose file was removed is not viewed, and costs no other file of the process', async () => {
  const library = await loadGraphLibrary();
  const config = library.configOf({ dimensions: 2, distance: 'cosine' }, 64);
  const file = newPath('graph');
  expect(() => library.view(file, config)).toThrow(file);
  const worker = new GraphWorker({ library: library.file, config, base: file });
  await expect(worker.ask({ save: file })).rejects.toThrow();
  await worker.stop();
  expect(() => fstatSync(0)).not.toThrow();
});
