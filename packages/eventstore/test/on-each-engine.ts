import { describe } from 'vitest';
import { engines, type OpenStore } from './engines.js';

/** Runs a suite on each engine. */
export function onEachEngine(name: string, suite: (open: () => Promise<OpenStore>) => void): void {
  for (const engine of engines) {
    describe(`${name} (${engine.name})`, () => suite(engine.open));
  }
}
