import { encode, frameOf, status, watchCluster } from '@norikv/client/wire';
import { type Guard, hostOf } from './guard.js';
import type { IncomingCall } from './incoming-call.js';
import type { Handler } from './router.js';
import { refusal } from './statuses.js';

const mostWatchers = 10_000;

/** What a node says of itself: it is alone and leads every shard. */
export interface SoleNode {
  readonly nodeId: string;
  readonly address: string;
  readonly totalShards: number;
}

/** Serves `WatchCluster`: the view now, and the end of the stream when the node stops. */
export class ClusterService {
  readonly #guard: Guard;
  readonly #view: () => SoleNode;
  readonly #watchers = new Set<IncomingCall>();
  /**
   * As it travels. Made once: with many shards it is large and takes long, after a restart all clients ask at the same
   * time, and who takes nothing of it must not keep one of their own.
   */
  #frame: Buffer | undefined;

  constructor(guard: Guard, view: () => SoleNode) {
    this.#guard = guard;
    this.#view = view;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  readonly watch: Handler<IncomingCall> = (call) => {
    const unauthenticated = call.authenticate();
    if (unauthenticated) return call.refuse(unauthenticated);
    call.read((request) => {
      if (!Buffer.isBuffer(request)) return call.refuse(request);
      call.held.letGo();
      const isFull = this.#watchers.size >= mostWatchers;
      const excess = isFull ? refusal(status.RESOURCE_EXHAUSTED, 'no further watchers') : undefined;
      const refused = excess ?? this.#guard.enter(() => hostOf(call.peer));
      if (refused) return call.refuse(refused);
      // It stays for long, and what it takes is bounded by the number of watchers.
      this.#guard.leave();
      this.#watchers.add(call);
      call.signal.addEventListener('abort', () => this.#watchers.delete(call), { once: true });
      this.#frame ??= frameOf(viewOf(this.#view()));
      call.write(this.#frame);
    });
  };

  /** Ends every stream. */
  close(): void {
    for (const watcher of this.#watchers) watcher.end();
    this.#watchers.clear();
  }
}

function viewOf({ nodeId, address, totalShards }: SoleNode): Buffer {
  const replicas = [{ nodeId, leader: true }];
  return encode(watchCluster.output, {
    epoch: 1n,
    nodes: [{ id: nodeId, addr: address, role: 'leader' }],
    shards: Array.from({ length: totalShards }, (_, id) => ({ id, replicas })),
  });
}
