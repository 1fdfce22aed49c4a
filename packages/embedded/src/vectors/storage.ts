import type { Tables } from './follow.js';
import { Spaces, unknownSpace } from './spaces.js';
import { Turns } from './turns.js';
import type { HostTable, VectorHost } from './vector-host.js';
import { VectorTable } from './vector-table.js';

// Made last: if it is there, all tables are.
const namesTable = 'vector-namespaces';
// Bounds one pass, so that other writes are not held up by it.
const mostClearedTogether = 500;

/** The databases of the vectors, which exist in the file from the first namespace on. */
export class Storage {
  readonly #host: VectorHost;
  readonly #openings = new Turns();
  readonly #cleanings = new Turns();
  #tables: Tables | undefined;
  #isClosing = false;

  constructor(host: VectorHost) {
    this.#host = host;
  }

  /** The tables, made if they are missing. */
  made(): Promise<Tables> {
    return this.#openings.next(async () => {
      if (this.#tables) return this.#tables;
      const vectors = await this.#host.makeTable('vectors');
      const changes = await this.#host.makeTable('vector-changes');
      return this.#use(await this.#host.makeTable(namesTable), vectors, changes);
    });
  }

  /** The tables, or undefined if there has never been a namespace. Waits at the gate only to open them, once. */
  async found(): Promise<Tables | undefined> {
    return this.#tables ?? (this.#host.hasTable(namesTable) ? this.made() : undefined);
  }

  /** The tables, for a call that needs a namespace. Throws KeyNotFoundError naming it if there is none at all. */
  async of(namespace: string): Promise<Tables> {
    const tables = this.#tables ?? (await this.found());
    if (tables === undefined) throw unknownSpace(namespace);
    return tables;
  }

  /** Removes in the background what dropped namespaces left behind. */
  clean(): void {
    // Whatever fails is tried again after the next drop, and by whoever opens the store next.
    this.#cleanings.next(() => this.#cleanAll()).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    await this.#cleanings.next(async () => undefined);
  }

  #use(names: HostTable, vectors: HostTable, changes: HostTable): Tables {
    const spaces = new Spaces(names);
    this.#tables = { spaces, vectors: new VectorTable(spaces, vectors, changes) };
    this.clean();
    return this.#tables;
  }

  async #cleanAll(): Promise<void> {
    const tables = this.#tables;
    await this.#host.graphs?.folder.keepOnly(() => {
      const spaces = this.#host.read(() => tables?.spaces.list() ?? []);
      return new Set(spaces.map(({ space }) => space.number));
    });
    while (tables && !this.#isClosing) {
      const number = this.#host.read(() => tables.spaces.dropped());
      if (number === undefined) return;
      await this.#host.write({
        work: (transaction) => {
          const isAnything = tables.vectors.clear(transaction, number, mostClearedTogether);
          if (!isAnything) tables.spaces.forgetDropped(transaction, number);
        },
        bytes: 0,
        options: {},
        key: undefined,
      });
    }
  }
}
