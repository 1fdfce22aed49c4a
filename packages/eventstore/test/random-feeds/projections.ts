import { Projection } from '../../src/index.js';
import type { Polling } from './consumers.js';
import { entryOf } from './streams.js';
import type { Noted, NotedEvent, Process, World } from './world.js';

type Entry = ReturnType<typeof entryOf>;

/** A projection that lists events, by streams or in two records, and the processes that keep it up to date. */
export class Lists {
  readonly #world: World;
  readonly #polling: Polling;
  readonly #keys: readonly string[] | undefined;
  #revision = 1;

  constructor(world: World, polling: Polling) {
    this.#world = world;
    this.#polling = polling;
    this.#keys = world.random() < 0.5 ? ['0', '1'] : undefined;
  }

  #open({ feed, store, clock }: Process): Projection<readonly Entry[], Noted> {
    return new Projection<readonly Entry[], Noted>(feed, store, {
      ...this.#polling,
      clock,
      name: 'lists',
      revision: `${this.#revision}`,
      keyOf: ({ aggregateId, version }) => this.#keys?.[version % 2] ?? aggregateId,
      initial: () => [],
      evolve: (entries, event) => this.#added(entries, entryOf(event as NotedEvent)),
    });
  }

  /** Strict: what it is given must follow on what is there. */
  #added(entries: readonly Entry[], entry: Entry): readonly Entry[] {
    const [stream, version] = entry;
    const before = entries.findLast(([other]) => other === stream)?.[1];
    const step = this.#keys ? 2 : 1;
    const next = before === undefined ? ((version - 1) % step) + 1 : before + step;
    const fits = this.#world.isCut ? version >= next : version === next;
    if (!fits) throw new Error(`${entry} after ${before}`);
    return [...entries, entry];
  }

  /** Lets a process keep the lists up to date for a while, or compute them anew. */
  async keep(): Promise<void> {
    const world = this.#world;
    const process = world.oneOf(world.processes);
    if (world.random() < 0.2) this.#revision += 1;
    const lists = this.#open(process);
    const work = async (): Promise<void> => {
      await (world.random() < 0.4 ? lists.rebuild({ timeoutMs: world.upTo(1_000) }) : lists.start());
      const ended = lists.done().catch((error) => {
        if (error.code !== 'CHECKPOINT_LOST') world.broken.push(`the lists ended by ${error}`);
      });
      await world.sleep(world.random() * 400, process.clock);
      await lists.stop();
      await ended;
    };
    await process.during(work).catch(async (error) => {
      world.expect(error, 'CHECKPOINT_LOST', 'INVALID_ARGUMENT');
      await process.during(() => lists.stop());
    });
  }

  /** Brings the lists up to date: they hold all that is left, and nothing twice. */
  async check(process: Process): Promise<void> {
    const { sights, goneUpTo, broken, streams } = this.#world;
    const lists = this.#open(process);
    await lists.start().catch(() => lists.rebuild());
    await lists.caughtUp();
    const states = await Promise.all((this.#keys ?? streams).map((key) => lists.get(key)));
    await lists.stop();
    const places = new Set<string>();
    for (const [stream, version, number] of states.flatMap((entries) => entries ?? [])) {
      sights.push({ stream, version, number });
      if (places.has(`${stream}:${version}`)) broken.push(`${stream}:${version} is in the lists twice`);
      places.add(`${stream}:${version}`);
    }
    for (const { stream, version } of sights) {
      const isThere = version <= (goneUpTo.get(stream) ?? 0) || places.has(`${stream}:${version}`);
      if (!isThere) broken.push(`${stream}:${version} is not in the lists`);
    }
  }
}
