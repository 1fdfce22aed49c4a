import { type handleServerStreamingCall, type ServerWritableStream, status } from '@grpc/grpc-js';
import { encode, watchCluster } from '@norikv/client/wire';
import type { Guard } from './guard.js';
import { refusal } from './statuses.js';

type Watcher = ServerWritableStream<Buffer, Buffer>;

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
  readonly #watchers = new Set<Watcher>();

  constructor(guard: Guard, view: () => SoleNode) {
    this.#guard = guard;
    this.#view = view;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  readonly watch: handleServerStreamingCall<Buffer, Buffer> = (call) => {
    const stranger = this.#guard.stranger(call.metadata);
    const isFull = this.#watchers.size >= mostWatchers;
    if (stranger || isFull || this.#guard.isClosed) {
      const code = isFull ? status.RESOURCE_EXHAUSTED : status.UNAVAILABLE;
      call.emit('error', stranger ?? refusal(code, 'no further watchers'));
      return;
    }
    this.#watchers.add(call);
    const forget = (): void => void this.#watchers.delete(call);
    call.on('cancelled', forget);
    call.on('close', forget);
    call.write(viewOf(this.#view()));
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
