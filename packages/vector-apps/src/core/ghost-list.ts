import { type VectorName, vectorId } from './vector-id.js';

const mostGhosts = 1_000;

/** Vectors that searches met and that seem to belong to no record, until a repair looks at them. */
export class GhostList {
  readonly #names = new Map<string, VectorName>();

  add({ id, generation, part }: VectorName): void {
    const name = { id, generation, part };
    if (this.#names.size < mostGhosts) this.#names.set(vectorId(name), name);
  }

  get all(): readonly VectorName[] {
    return [...this.#names.values()];
  }

  clear(): void {
    this.#names.clear();
  }
}
