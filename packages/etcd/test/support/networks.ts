import { spawnSync } from 'node:child_process';

/** Whether this machine lets a test make network namespaces. */
export const canMakeNetworks: boolean = tryNamespace();

/**
 * A network namespace for each member, with one network for clients and one for the members among themselves,
 * so that a member can be cut off from the others while clients still reach it.
 */
export class Networks implements Disposable {
  readonly #id = Math.floor(Math.random() * 200) + 20;
  readonly #size: number;

  constructor(size: number) {
    this.#size = size;
    for (const kind of kinds) {
      const bridge = this.#bridge(kind);
      ip('link', 'add', bridge, 'type', 'bridge');
      ip('address', 'add', `${this.address(kind, 254)}/24`, 'dev', bridge);
      ip('link', 'set', bridge, 'up');
    }
    for (let place = 0; place < size; place++) {
      ip('netns', 'add', this.#namespace(place));
      this.#inside(place, 'link', 'set', 'lo', 'up');
      for (const kind of kinds) this.#join(place, kind);
    }
  }

  /** The address of a member, by its place from 0, in a network. */
  address(kind: NetworkKind, place: number): string {
    return `198.${kind === 'client' ? 18 : 19}.${this.#id}.${place === 254 ? place : place + 1}`;
  }

  /** The words that start a program as a member. */
  enter(place: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace(place)];
  }

  /** Cuts a member off from the other members. */
  cut(place: number): void {
    ip('link', 'set', this.#cable(place, 'peer'), 'down');
  }

  /** Undoes {@link cut}. */
  heal(place: number): void {
    ip('link', 'set', this.#cable(place, 'peer'), 'up');
  }

  [Symbol.dispose](): void {
    for (let place = 0; place < this.#size; place++) ip('netns', 'delete', this.#namespace(place));
    for (const kind of kinds) ip('link', 'delete', this.#bridge(kind));
  }

  #join(place: number, kind: NetworkKind): void {
    const cable = this.#cable(place, kind);
    ip('link', 'add', cable, 'type', 'veth', 'peer', 'name', kind, 'netns', this.#namespace(place));
    ip('link', 'set', cable, 'master', this.#bridge(kind), 'up');
    this.#inside(place, 'address', 'add', `${this.address(kind, place)}/24`, 'dev', kind);
    this.#inside(place, 'link', 'set', kind, 'up');
  }

  #inside(place: number, ...words: readonly string[]): void {
    ip('-netns', this.#namespace(place), ...words);
  }

  #namespace(place: number): string {
    return `norikv${this.#id}m${place}`;
  }

  #bridge(kind: NetworkKind): string {
    return `nk${this.#id}${kind[0]}`;
  }

  #cable(place: number, kind: NetworkKind): string {
    return `nk${this.#id}${kind[0]}${place}`;
  }
}

/** Who meets on a network. */
export type NetworkKind = 'client' | 'peer';

const kinds: readonly NetworkKind[] = ['client', 'peer'];

function ip(...words: readonly string[]): void {
  const { status, stderr } = spawnSync('ip', words, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ip ${words.join(' ')}: ${stderr}`);
}

function tryNamespace(): boolean {
  const name = `norikv-probe-${process.pid}`;
  if (spawnSync('ip', ['netns', 'add', name]).status !== 0) return false;
  const canLink = spawnSync('ip', ['-netns', name, 'link', 'add', 'probe', 'type', 'bridge']).status === 0;
  spawnSync('ip', ['netns', 'delete', name]);
  return canLink;
}
