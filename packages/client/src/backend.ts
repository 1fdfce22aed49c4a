import type { CallOptions, Capabilities, Entry, GetOptions, Key, KvStore, VectorStore } from '@norikv/store';
import type { ClusterView, TopologyListener } from './topology.js';

/** Figures about a client. */
export interface ClientStats {
  readonly isConnected: boolean;
  /** Calls that are sent and not answered. */
  readonly inFlight: number;
  /** Calls that wait for their turn. */
  readonly waiting: number;
  /** Bytes of keys and values under way or waiting. */
  readonly pendingBytes: number;
  /** Calls since the start. */
  readonly calls: number;
  /** Attempts beyond the first of each call. */
  readonly retries: number;
  /** Calls that ended with an error, lost conditions included. */
  readonly failures: number;
  readonly nodes: readonly NodeStats[];
}

/** Figures about one server. */
export interface NodeStats {
  readonly address: string;
  /** Connections that are up, of how many. */
  readonly ready: number;
  readonly connections: number;
}

/** What a client stands on: servers far away, or a store in this process. */
export interface Backend extends KvStore, VectorStore {
  readonly capabilities: Capabilities | undefined;
  readonly view: ClusterView | null;
  readonly stats: ClientStats;
  find(key: Key, options?: GetOptions): Promise<Entry | null>;
  /** Resolves when calls can be made. */
  connect(): Promise<void>;
  /** Figures the server gives about itself. */
  serverStats(options?: CallOptions): Promise<Readonly<Record<string, number>>>;
  /** Calls back when the view of the cluster changes; returns how to stop that. */
  onTopologyChange(listener: TopologyListener): () => void;
  /** Ends what is under way and lets go of connections. */
  close(): Promise<void>;
}
