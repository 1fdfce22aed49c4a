import { isReachable } from './address.js';
import type { Received } from './wire/codec.js';
import type { ClusterViewSchema } from './wire/generated/meta_pb.js';

/** A server of a cluster. */
export interface ClusterNode {
  readonly id: string;
  readonly addr: string;
  readonly role: string;
}

/** A copy of a shard. */
export interface ShardReplica {
  readonly nodeId: string;
  readonly leader: boolean;
}

/** A shard and where its copies are. */
export interface ShardInfo {
  readonly id: number;
  readonly replicas: readonly ShardReplica[];
}

/** What the servers say about themselves. It is advice: routing works without it. */
export interface ClusterView {
  readonly epoch: bigint;
  readonly nodes: readonly ClusterNode[];
  readonly shards: readonly ShardInfo[];
}

/** How one view differs from the one before. */
export interface TopologyChange {
  readonly previousEpoch: bigint;
  readonly currentEpoch: bigint;
  /** Ids. */
  readonly addedNodes: readonly string[];
  /** Ids. */
  readonly removedNodes: readonly string[];
  /** Shards whose leader is another now: id of the shard to id of the node, or null. */
  readonly leaderChanges: ReadonlyMap<number, string | null>;
}

/** Called with each change. */
export type TopologyListener = (change: TopologyChange) => void;

const mostNodes = 1_024;
const mostReplicas = 64;

/** The newest view of the cluster, and who wants to know. */
export class Topology {
  readonly #totalShards: number;
  readonly #listeners = new Set<TopologyListener>();
  #view: ClusterView | null = null;
  #leaders: ReadonlyMap<number, string> = new Map<number, string>();
  #addresses: ReadonlyMap<string, string> = new Map<string, string>();

  constructor(totalShards: number) {
    this.#totalShards = totalShards;
  }

  get view(): ClusterView | null {
    return this.#view;
  }

  /** Address of the leader of a shard, if it is known and can be connected to. */
  leaderOf(shard: number): string | undefined {
    return this.#addresses.get(this.#leaders.get(shard) ?? '');
  }

  /** Takes a view a server sent. What makes no sense in it is left out; what changes nothing is not announced. */
  update(received: Received<typeof ClusterViewSchema>): void {
    const view = sensibleView(received, this.#totalShards);
    const change = changeBetween(this.#view, view);
    this.#view = view;
    this.#leaders = leadersOf(view);
    this.#addresses = new Map(
      view.nodes.filter(({ addr }) => isReachable(addr)).map(({ id, addr }) => [id, addr]),
    );
    if (change) for (const listener of [...this.#listeners]) tell(listener, change);
  }

  /** Returns what takes the listener away again. */
  listen(listener: TopologyListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  close(): void {
    this.#listeners.clear();
  }
}

function sensibleView(received: Received<typeof ClusterViewSchema>, totalShards: number): ClusterView {
  const nodes = new Map(
    received.nodes
      .slice(0, mostNodes)
      .filter(({ id }) => id !== '')
      .map(({ id, addr, role }) => [id, { id, addr, role }]),
  );
  const shards = new Map<number, ShardInfo>();
  for (const { id, replicas } of received.shards) {
    if (id >= totalShards) continue;
    const known = replicas.filter(({ nodeId }) => nodes.has(nodeId)).slice(0, mostReplicas);
    shards.set(id, { id, replicas: known.map(({ nodeId, leader }) => ({ nodeId, leader })) });
  }
  return { epoch: received.epoch, nodes: [...nodes.values()], shards: [...shards.values()] };
}

function changeBetween(before: ClusterView | null, after: ClusterView): TopologyChange | undefined {
  const [idsBefore, idsAfter] = [idsOf(before), idsOf(after)];
  const [leadersBefore, leadersAfter] = [leadersOf(before), leadersOf(after)];
  const leaderChanges = new Map<number, string | null>();
  for (const shard of new Set([...leadersBefore.keys(), ...leadersAfter.keys()])) {
    const leader = leadersAfter.get(shard);
    if (leader !== leadersBefore.get(shard)) leaderChanges.set(shard, leader ?? null);
  }
  const addedNodes = [...idsAfter].filter((id) => !idsBefore.has(id));
  const removedNodes = [...idsBefore].filter((id) => !idsAfter.has(id));
  if (addedNodes.length + removedNodes.length + leaderChanges.size === 0) return undefined;
  const previousEpoch = before?.epoch ?? 0n;
  return { previousEpoch, currentEpoch: after.epoch, addedNodes, removedNodes, leaderChanges };
}

function idsOf(view: ClusterView | null): ReadonlySet<string> {
  return new Set(view?.nodes.map(({ id }) => id));
}

/** A shard with two leaders has none that can be believed. */
function leadersOf(view: ClusterView | null): ReadonlyMap<number, string> {
  const leaders = new Map<number, string>();
  for (const { id, replicas } of view?.shards ?? []) {
    const [leader, rival] = replicas.filter((replica) => replica.leader);
    if (leader && !rival) leaders.set(id, leader.nodeId);
  }
  return leaders;
}

function tell(listener: TopologyListener, change: TopologyChange): void {
  try {
    listener(change);
  } catch (error) {
    // A listener's mistake must not end the watch; it shows where unhandled errors show.
    queueMicrotask(() => {
      throw error;
    });
  }
}
