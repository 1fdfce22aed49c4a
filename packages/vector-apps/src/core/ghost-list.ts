import type { VectorName } from './vector-id.js';

const mostGhosts = 1_000;

/** Vectors that searches met and that seem to belong to no record, until a repair looks at them. */
export class GhostList {
  readonly #names = new Map<string, VectorName>();

  add(name: VectorName): void {
    if (this.#names.size < mostGhosts) this.#names.set(JSON.stringify(Object.values(name)), name);
  }

  get all(): readonly VectorName[] {
    return [...this.#names.values()];
  }

  clear(): void {
    this.#names.clear();
  }
}
