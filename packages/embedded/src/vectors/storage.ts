import type { CallOptions } from '@norikv/store';
import { LimitWatch } from '../limit-watch.js';
import type { Tables } from './follow.js';
import { limitsLeft, untilGivenUp } from './limits.js';
import { Spaces, unknownSpace } from './spaces.js';
import { Turns } from './turns.js';
import type { HostTable, VectorHost } from './vector-host.js';
import { VectorTable } from './vector-table.js';

// Made last: if it is there, all tables are.
const namesTable = 'vector-namespaces';
// Bounds one pass, so that other writes are not held up by it.
const mostClearedTogether = 500;

/** The tables, and what is left of the limits of the call that waited for them. */
export interface Opened<Options> extends Tables {
  readonly left: Options;
}

/** The databases of the vectors, which exist in the file from the first namespace on. */
export class Storage {
  readonly #host: VectorHost;
  readonly #limits: LimitWatch;
  readonly #openings = new Turns();
  readonly #cleanings = new Turns();
  #tables: Tables | undefined;
  #isClosing = false;

  constructor(host: VectorHost) {
    this.#host = host;
    this.#limits = new LimitWatch(host.clock);
  }

  /** The tables, made if they are missing, for a call with these limits. */
  made<Options extends CallOptions>(options: Options, key: string): Promise<Opened<Options>> {
    return this.#within(options, key, () => this.#opened());
  }

  /** The tables, for a call that needs a namespace. Throws KeyNotFoundError naming it if there is none at all. */
  of<Options extends CallOptions>(namespace: string, options: Options): Promise<Opened<Options>> {
    return this.#within(options, namespace, async () => {
      const tables = await this.found();
      if (tables === undefined) throw unknownSpace(namespace);
      return tables;
    });
  }

  /** The tables, or undefined if there has never been a namespace. Waits at the gate only to open them, once. */
  async found(): Promise<Tables | undefined> {
    return this.#tables ?? (this.#host.hasTable(namesTable) ? this.#opened() : undefined);
  }

  /** Removes in the background what dropped namespaces left behind. */
  clean(): void {
    // Whatever fails is tried again after the next drop, and by whoever opens the store next.
    this.#cleanings.next(() => this.#cleanAll()).catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    // Nobody need wait for them any more, but they are opened in files that are still open.
    await this.#openings.next(async () => undefined);
    await this.#cleanings.next(async () => undefined);
  }

  async #within<Options extends CallOptions>(
    options: Options,
    key: string,
    begin: () => Promise<Tables>,
  ): Promise<Opened<Options>> {
    if (this.#tables) return { ...this.#tables, left: options };
    const { clock } = this.#host;
    const startMs = clock.monotonic();
    const tables = await untilGivenUp(this.#limits, options, key, begin);
    return { ...tables, left: limitsLeft(options, key, clock.monotonic() - startMs) };
  }

  #opened(): Promise<Tables> {
    return this.#openings.next(async () => {
      if (this.#tables) return this.#tables;
      const vectors = await this.#host.makeTable('vectors');
      const changes = await this.#host.makeTable('vector-changes');
      return this.#use(await this.#host.makeTable(namesTable), vectors, changes);
    });
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
