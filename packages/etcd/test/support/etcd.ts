import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Networks } from './networks.js';

/** Whether tests that need etcd run. Without it they are skipped, unless servers are asked for: then they fail. */
export const canRunEtcd: boolean = isInstalled() || process.env.NORIKV_REQUIRE_SERVERS === '1';

/** For names of tests that are skipped. */
export const needsEtcd = '(needs etcd: Debian, apt-get install etcd-server)';

/** One etcd process, which can be ended, stopped and started again on the same data. */
export class Member {
  readonly address: string;
  readonly #command: readonly string[];
  #process: ChildProcess | undefined;

  constructor(address: string, command: readonly string[]) {
    this.address = address;
    this.#command = command;
    this.start();
  }

  start(): void {
    const [program = 'etcd', ...options] = this.#command;
    const stdio = process.env.NORIKV_ETCD_LOG ? 'inherit' : 'ignore';
    this.#process = spawn(program, options, { stdio });
    this.#process.on('error', () => {});
  }

  /** Sends a signal; SIGKILL and SIGTERM resolve when the process has ended. */
  async signal(signal: 'SIGKILL' | 'SIGTERM' | 'SIGSTOP' | 'SIGCONT'): Promise<void> {
    const running = this.#process;
    if (running === undefined || running.exitCode !== null || running.signalCode !== null) return;
    const isEnd = signal === 'SIGKILL' || signal === 'SIGTERM';
    const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()));
    if (running.pid === undefined) return;
    running.kill(signal);
    if (isEnd) await ended;
  }
}

/** An etcd cluster on loopback ports, with data in a temporary folder. */
export class TestCluster implements AsyncDisposable {
  readonly members: readonly Member[];
  /** Where each member keeps its data, in a folder of its name. */
  readonly folder: string;

  constructor(members: readonly Member[], folder: string) {
    this.members = members;
    this.folder = folder;
  }

  get hosts(): string[] {
    return this.members.map(({ address }) => address);
  }

  /** The member that leads, once there is one. */
  async leader(): Promise<Member> {
    for (;;) {
      for (const member of this.members) if (await leads(member)) return member;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /**
   * Calls etcd's HTTP gateway.
   *
   * @param host - default: the first member.
   * @param token - of a login, where the cluster has them.
   */
  async gateway<Reply>(
    path: string,
    body: unknown,
    { host = this.hosts[0], token = '' }: { readonly host?: string; readonly token?: string } = {},
  ): Promise<Reply> {
    const reply = await fetch(`http://${host}/v3/${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: token === '' ? {} : { authorization: token },
    });
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
    return (await reply.json()) as Reply;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.members.map(async (member) => {
        await member.signal('SIGCONT');
        await member.signal('SIGKILL');
      }),
    );
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Asks by etcd's HTTP gateway. */
async function leads({ address }: Member): Promise<boolean> {
  try {
    const signal = AbortSignal.timeout(1_000);
    const reply = await fetch(`http://${address}/v3/maintenance/status`, {
      method: 'POST',
      body: '{}',
      signal,
    });
    const { header, leader } = (await reply.json()) as { header?: { member_id?: string }; leader?: string };
    return leader !== undefined && leader === header?.member_id;
  } catch {
    return false;
  }
}

/** Starts a cluster. It need not serve yet when this returns. */
export async function startCluster(size: number, extra: readonly string[] = []): Promise<TestCluster> {
  const ports = await freePorts(2 * size);
  const places = Array.from({ length: size }, (_, place) => ({
    client: `127.0.0.1:${ports[2 * place]}`,
    peer: `127.0.0.1:${ports[2 * place + 1]}`,
    enter: [],
  }));
  return startMembers(places, extra);
}

/** Starts a cluster whose members can be cut off from each other. */
export function startDivisibleCluster(size: number, networks: Networks): TestCluster {
  const places = Array.from({ length: size }, (_, place) => ({
    client: `${networks.address('client', place)}:2379`,
    peer: `${networks.address('peer', place)}:2380`,
    enter: networks.enter(place),
  }));
  return startMembers(places);
}

interface Place {
  readonly client: string;
  readonly peer: string;
  /** Words before the command. */
  readonly enter: readonly string[];
}

function startMembers(places: readonly Place[], extra: readonly string[] = []): TestCluster {
  if (!isInstalled()) throw new Error('etcd is not installed (Debian: apt-get install etcd-server)');
  const folder = mkdtempSync(join(tmpdir(), 'norikv-etcd-'));
  const initial = places.map(({ peer }, place) => `m${place}=http://${peer}`).join(',');
  const scheme = extra.includes('--auto-tls') ? 'https' : 'http';
  const members = places.map(({ client, peer, enter }, place) => {
    const urls = { client: `${scheme}://${client}`, peer: `http://${peer}` };
    return new Member(client, [
      ...[...enter, 'etcd', '--name', `m${place}`, '--data-dir', join(folder, `m${place}`)],
      ...['--logger', 'zap', '--log-level', 'error'],
      ...['--listen-client-urls', urls.client, '--advertise-client-urls', urls.client],
      ...['--listen-peer-urls', urls.peer, '--initial-advertise-peer-urls', urls.peer],
      ...['--initial-cluster', initial, '--initial-cluster-token', folder],
      ...extra,
    ]);
  });
  return new TestCluster(members, folder);
}

function isInstalled(): boolean {
  return spawnSync('etcd', ['--version']).status === 0;
}

/**
 * Ports nobody listens on. Below those from which systems give out the ports of outgoing connections: a member that
 * is down for a while would find one of them in its place.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 10_000 + Math.floor(Math.random() * 20_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
