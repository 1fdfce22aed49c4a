import type { CancelTimer } from '@norikv/store';
import { CallLimit } from './call-limit.js';
import { isUnknownMethod } from './call-status.js';
import type { Cluster } from './cluster.js';
import type { Settings } from './config.js';
import type { RunningCall } from './unary-call.js';
import { decode, encode, type Received } from './wire/codec.js';
import { watchCluster } from './wire/methods.js';

const connectTimeoutMs = 60_000;
const longestPauseMs = 30_000;

/** Follows the topology: one stream, to one node after the other when it breaks. */
export class ClusterWatch {
  readonly #cluster: Cluster;
  readonly #settings: Settings;
  #stream: RunningCall | undefined;
  #cancelTimer: CancelTimer | undefined;
  readonly #closing = new AbortController();
  #failures = 0;

  constructor(cluster: Cluster, settings: Settings) {
    this.#cluster = cluster;
    this.#settings = settings;
  }

  start(): void {
    this.#follow().catch(() => this.#later());
  }

  close(): void {
    this.#closing.abort();
    this.#cancelTimer?.();
    this.#stream?.cancel();
  }

  async #follow(): Promise<void> {
    const { clock } = this.#settings;
    const node = this.#cluster.watched(this.#failures);
    const limit = new CallLimit(clock, connectTimeoutMs, this.#closing.signal, undefined);
    await node.ready(limit);
    const connection = node.connection();
    const bytes = encode(watchCluster.input, {});
    const metadata = await limit
      .within(connection.tokenTimeoutMs)
      .wait(Promise.resolve(connection.metadataFor(watchCluster)));
    const onMessage = (message: Buffer): void => this.#take(message);
    const startedAt = clock.monotonic();
    const timeoutMs = Number.POSITIVE_INFINITY;
    const stream = connection.start({ method: watchCluster, bytes, metadata, timeoutMs, onMessage });
    this.#stream = stream;
    const { status: ended } = await stream.end;
    // A stream that ends as soon as it has begun is no better than none.
    if (clock.monotonic() - startedAt > longestPauseMs) this.#failures = 0;
    if (!isUnknownMethod(ended)) this.#later();
  }

  #take(message: Buffer): void {
    let view: Received<typeof watchCluster.output>;
    try {
      view = decode(watchCluster.output, message);
    } catch {
      return; // The next one may be readable.
    }
    this.#cluster.topology.update(view);
  }

  #later(): void {
    if (this.#closing.signal.aborted) return;
    this.#failures += 1;
    const { clock, random } = this.#settings;
    const pauseMs = Math.min(longestPauseMs, 100 * 2 ** Math.min(this.#failures, 10));
    this.#cancelTimer = clock.startTimer(() => this.start(), pauseMs * (0.5 + random() / 2));
  }
}
