import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the network does to bytes. */
export type Weather = 'fine' | 'black hole' | 'half open';

/**
 * A TCP proxy that behaves like a bad network.
 * - `black hole`: bytes vanish in both directions and nobody is told.
 * - `half open`: requests arrive, answers vanish.
 */
export class FaultyNetwork implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ends = { client: new Set<Socket>(), server: new Set<Socket>() };
  weather: Weather = 'fine';
  /** Port that new connections lead to. */
  target: number;
  /** How long bytes travel, in milliseconds. */
  delayMs = 0;
  /** Refuses new connections. */
  isDown = false;
  connections = 0;
  address = '';

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer((client) => this.#join(client));
  }

  static async to(port: number): Promise<FaultyNetwork> {
    const network = new FaultyNetwork(port);
    network.#server.listen(0, '127.0.0.1');
    await once(network.#server, 'listening');
    const address = network.#server.address();
    network.address = `127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
    return network;
  }

  /** Breaks every connection with a reset. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** Connections that the server has not ended. */
  get open(): number {
    return this.#ends.server.size;
  }

  /** Gives one end of every connection a TLS record that it cannot decrypt. It answers with an alert, and gives up. */
  spoil(end: 'client' | 'server'): void {
    const length = 40;
    for (const socket of this.#ends[end])
      socket.write(Buffer.from([23, 3, 3, 0, length, ...Array(length).fill(1)]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
  }

  #join(client: Socket): void {
    if (this.isDown) {
      client.resetAndDestroy();
      return;
    }
    this.connections += 1;
    const server = connect(this.target, '127.0.0.1');
    this.#list(client, 'client');
    this.#list(server, 'server');
    this.#carry(client, server, () => this.weather !== 'black hole');
    this.#carry(server, client, () => this.weather === 'fine');
  }

  #list(socket: Socket, end: 'client' | 'server'): void {
    this.#ends[end].add(socket);
    socket.once('close', () => this.#ends[end].delete(socket));
  }

  #carry(from: Socket, to: Socket, passes: () => boolean): void {
    this.#sockets.add(from);
    from.setNoDelay(true);
    // Each waits for those before it: a network that is slow does not change the order of bytes.
    let arrival = Promise.resolve();
    from.on('data', (bytes) => {
      if (!passes()) return;
      const delay = this.delayMs === 0 ? undefined : sleep(this.delayMs);
      arrival = arrival.then(async () => {
        await delay;
        if (!to.destroyed) to.write(bytes);
      });
    });
    from.on('error', () => {});
    from.on('close', () => {
      this.#sockets.delete(from);
      to.destroy();
    });
  }
}
