import type { KeyQueue } from './key-queue.js';

const mostQueues = 4_096;
const mostBytes = 16 * 2 ** 20;

/** Where an idle queue is. It does not keep its store in memory. */
interface Place {
  readonly home: WeakRef<Map<string, Idle>>;
  readonly name: string;
  readonly bytes: number;
}

interface Idle {
  readonly queue: KeyQueue;
  readonly place: Place;
}

/** The idle queues of one store: what they remember saves the next update of their key a read. */
export interface IdleQueues {
  take(name: string): KeyQueue | undefined;
  shelve(name: string, queue: KeyQueue): void;
}

/** Those of all stores, least recently used first: a process with a store for each tenant has many stores. */
const all = { places: new Set<Place>(), bytes: 0 };

/** Makes the idle queues of a store. All of the process are at most 4,096, and remember at most 16 MiB. */
export function createIdleQueues(): IdleQueues {
  const idle = new Map<string, Idle>();
  const home = new WeakRef(idle);
  return {
    take(name) {
      const known = idle.get(name);
      if (known) forget(known.place);
      return known?.queue;
    },
    shelve(name, queue) {
      const place = { home, name, bytes: queue.rememberedBytes() };
      idle.set(name, { queue, place });
      all.places.add(place);
      all.bytes += place.bytes;
      for (const oldest of all.places) {
        if (all.places.size <= mostQueues && all.bytes <= mostBytes) return;
        forget(oldest);
      }
    },
  };
}

function forget(place: Place): void {
  all.places.delete(place);
  all.bytes -= place.bytes;
  place.home.deref()?.delete(place.name);
}
