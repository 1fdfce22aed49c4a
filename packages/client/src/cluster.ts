import { type Capabilities, ClosedError, errorCode, UnavailableError } from '@norikv/store';
import { CallLimit } from './call-limit.js';
import { MetadataSource } from './call-metadata.js';
import { mayCarryToken, type Settings } from './config.js';
import { commonCapabilities } from './description.js';
import { Node } from './node.js';
import { Topology } from './topology.js';
import { whenReady } from './when-ready.js';

const mostNodes = 64;

/** Where the leader of a shard is, as a node said that was not it, and what the view of the cluster said then. */
interface Hint {
  readonly address: string;
  readonly viewed: string | undefined;
  readonly epoch: bigint | undefined;
}

/** The servers: those that were configured, and those they name. */
export class Cluster {
  readonly topology: Topology;
  readonly #settings: Settings;
  readonly #metadata: MetadataSource;
  readonly #nodes = new Map<string, Node>();
  readonly #home: Node;
  #list: readonly Node[] = [];
  readonly #hints = new Map<number, Hint>();
  #common:
    | { readonly of: readonly Capabilities[]; readonly capabilities: Capabilities | undefined }
    | undefined;
  #isClosed = false;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#metadata = new MetadataSource(settings);
    this.topology = new Topology(settings.totalShards);
    const [first = '', ...others] = settings.nodes;
    this.#home = this.#add(first);
    for (const address of others) this.#add(address);
  }

  get nodes(): readonly Node[] {
    return this.#list;
  }

  /** What every server that has been asked guarantees; undefined before the first answer. */
  get capabilities(): Capabilities | undefined {
    const of = this.#list.flatMap((node) => node.capabilities);
    const before = this.#common;
    const isSame = of.length === before?.of.length && of.every((one, place) => one === before.of[place]);
    const common = isSame ? before : { of, capabilities: commonCapabilities(of) };
    this.#common = common;
    return common.capabilities;
  }

  /** Resolves when one node has been reached and asked. */
  async connect(timeoutMs: number): Promise<void> {
    const { clock, nodes } = this.#settings;
    const limit = new CallLimit(clock, timeoutMs, undefined, undefined);
    const attempts = this.nodes.flatMap(({ connections }) =>
      connections.map((one) => whenReady([one], limit)),
    );
    try {
      await Promise.any(attempts);
    } catch (error) {
      if (this.#isClosed) throw new ClosedError('The client is closed');
      const { errors } = error as AggregateError;
      const refusal: unknown = errors.find((one) => errorCode(one) !== 'DEADLINE_EXCEEDED');
      if (refusal) throw refusal;
      const failure = this.nodes.find((node) => node.failure)?.failure;
      const why = failure ? `: ${failure.message}` : '';
      const message = `No server answered within ${timeoutMs} ms at ${nodes.join(', ')}${why}`;
      throw new UnavailableError(message, { outcome: 'not-applied', cause: failure ?? errors[0] });
    }
  }

  /**
   * The node to send a call to.
   *
   * @param shard - asked for only if there is a choice.
   * @param tried - nodes that did not serve this call; they come last.
   */
  nodeFor(shard: () => number, tried: ReadonlySet<Node>): Node {
    const { nodes } = this;
    if (nodes.length === 1) return this.#home;
    // Calls pass over them, and find out all the same when they serve again.
    for (const node of nodes) if (node.isDown) node.prepare();
    const untried = nodes.filter((node) => !tried.has(node));
    const candidates = untried.length > 0 ? untried : nodes;
    if (candidates.length > 1) {
      const leader = this.#leaderOf(shard());
      if (leader && candidates.includes(leader) && !leader.isDown) return leader;
    }
    return candidates.find((node) => !node.isDown) ?? candidates[0] ?? this.#home;
  }

  /**
   * Remembers what a node said about a shard's leader. Undefined: only that it is not where we thought; then the view
   * of the cluster may know.
   */
  learnLeader(shard: number, address: string | undefined): void {
    this.#hints.delete(shard);
    const viewed = this.topology.leaderOf(shard);
    const leader = address ?? viewed;
    if (leader === undefined || this.#known(leader) === undefined) return;
    // What the view says may change with it.
    if (address !== undefined) this.#hints.set(shard, { address, viewed, epoch: this.topology.view?.epoch });
  }

  /** The node to follow the topology at. */
  watched(turn: number): Node {
    const { nodes } = this;
    return nodes[turn % nodes.length] ?? this.#home;
  }

  /** Lets nothing further be sent. */
  refuse(): void {
    this.#isClosed = true;
    for (const node of this.nodes) node.refuse();
  }

  close(): void {
    for (const node of this.nodes) node.close();
  }

  #leaderOf(shard: number): Node | undefined {
    const viewed = this.topology.leaderOf(shard);
    const hint = this.#hints.get(shard);
    // Newer than the view it was given under, and older than one that says something else.
    const isOld = hint?.viewed !== viewed || hint?.epoch !== this.topology.view?.epoch;
    const address = isOld ? viewed : (hint?.address ?? viewed);
    return address === undefined ? undefined : this.#known(address);
  }

  /** The node at an address, made if it may be. */
  #known(address: string): Node | undefined {
    const node = this.#nodes.get(address);
    if (node || this.#isClosed) return node;
    if (!mayCarryToken(this.#settings, address)) return undefined;
    if (this.#nodes.size >= mostNodes && !this.#forgetOne()) return undefined;
    return this.#add(address);
  }

  /** Makes room for a node: servers come and go, and each may have an address of its own. */
  #forgetOne(): boolean {
    const { nodes } = this.#settings;
    const gone = this.#list.find((node) => !node.isReady && !nodes.includes(node.address));
    if (gone === undefined) return false;
    this.#nodes.delete(gone.address);
    this.#list = this.#list.filter((node) => node !== gone);
    gone.close();
    return true;
  }

  #add(address: string): Node {
    const node = new Node(address, this.#settings, this.#metadata);
    this.#nodes.set(address, node);
    this.#list = [...this.#list, node];
    return node;
  }
}
