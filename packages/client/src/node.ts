import type { Capabilities } from '@norikv/store';
import type { CallLimit } from './call-limit.js';
import type { MetadataSource } from './call-metadata.js';
import type { Settings } from './config.js';
import { Connection } from './connection.js';
import { whenReady } from './when-ready.js';

/** A server, and the connections to it. */
export class Node {
  readonly address: string;
  readonly connections: readonly [Connection, ...Connection[]];
  readonly #first: Connection;
  #turn = 0;

  constructor(address: string, settings: Settings, metadata: MetadataSource) {
    this.address = address;
    const make = (): Connection => new Connection(address, settings, metadata);
    this.#first = make();
    this.connections = [this.#first, ...Array.from({ length: settings.connectionsPerNode - 1 }, make)];
  }

  /** What the server said when it was asked last. */
  get capabilities(): readonly Capabilities[] {
    return this.connections.flatMap(({ lastDescription }) => lastDescription?.capabilities ?? []);
  }

  /** Whether calls should rather go elsewhere: what they waited for in vain is counted at the first connection. */
  get isDown(): boolean {
    return this.#first.isDown && !this.isReady;
  }

  /** Whether a call could be sent to it at once. */
  get isReady(): boolean {
    return this.connections.some(({ description }) => description !== undefined);
  }

  /** The connection to use next: one that is ready, in turn. Those that are not are made meanwhile. */
  connection(): Connection {
    const { connections } = this;
    for (let step = 0; step < connections.length; step++) {
      this.#turn = (this.#turn + 1) % connections.length;
      const candidate = connections[this.#turn];
      if (candidate?.description) return candidate;
      candidate?.prepare();
    }
    return this.#first;
  }

  /** Waits until one of its connections is ready, and makes all of them meanwhile. */
  ready(limit: CallLimit): Promise<void> {
    return whenReady(this.connections, limit);
  }

  /** Why it is not ready, as far as that is known. */
  get failure(): Error | undefined {
    return this.connections.find(({ failure }) => failure)?.failure;
  }

  /** Makes the connections that are not ready, and waits for none. */
  prepare(): void {
    for (const connection of this.connections) connection.prepare();
  }

  /** Lets nothing further be sent. */
  refuse(): void {
    for (const connection of this.connections) connection.refuse();
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}
