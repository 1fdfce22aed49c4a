import type { Clock, KvStore } from '@norikv/store';
import { shown } from '@norikv/store/checks';
import type { RecordedEvent } from '../events/event-types.js';
import { Log } from '../log/log.js';
import { logKeys } from '../log/log-keys.js';
import type { ParkedEvent } from './consumer-options.js';

/** Longer messages are cut: what is parked must fit into a record. */
const messageLength = 4_096;

/** The events that a group of consumers has put aside. */
export class ParkedEvents {
  readonly #group: string;
  readonly #log: Log;

  constructor(client: KvStore, prefix: string, group: string, clock: Clock) {
    this.#group = group;
    this.#log = new Log(client, logKeys(prefix, 'q'), { clock });
  }

  async list(): Promise<ParkedEvent[]> {
    const head = await this.#log.head(this.#group);
    const parked: ParkedEvent[] = [];
    if (!head) return parked;
    for await (const { lines } of this.#log.read(head, { from: 1, to: head.last, backward: false }, 8)) {
      parked.push(...lines.map((line) => JSON.parse(line) as ParkedEvent));
    }
    return parked;
  }

  /** True when it is kept. */
  async add({ aggregateId, version }: RecordedEvent, error: unknown): Promise<true> {
    const message = textOf(error).slice(0, messageLength);
    const line = JSON.stringify({ aggregateId, version, error: message } satisfies ParkedEvent);
    await this.#log.append(this.#group, ({ lines }) =>
      // An earlier attempt may have been applied although it seemed to fail.
      lines.includes(line) ? { stop: 'parked' } : { lines: [line] },
    );
    return true;
  }
}

/** Anything can be thrown, also what is no text and refuses to become it. */
function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return shown(error);
  }
}
