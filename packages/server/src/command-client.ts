import { parseArgs } from 'node:util';
import { NoriKVClient, type PutOptions, type TlsOptions, type Version } from '@norikv/client';
import { diagnose } from './doctor.js';
import { exitCodes } from './exit-codes.js';
import { readText } from './read-text.js';
import { readValue } from './read-value.js';
import { type Terminal, UsageError } from './terminal.js';

type Environment = Readonly<Record<string, string | undefined>>;

const commands = ['get', 'put', 'delete', 'stats', 'doctor'] as const;
/** A command that looks at a running server. */
export type ClientCommand = (typeof commands)[number];

/** Arguments each command takes. */
const shapes: Readonly<Record<ClientCommand, readonly string[]>> = {
  get: ['ADDRESS', 'KEY'],
  put: ['ADDRESS', 'KEY', 'VALUE'],
  delete: ['ADDRESS', 'KEY'],
  stats: ['ADDRESS'],
  doctor: ['ADDRESS'],
};

/** Flags that have a meaning for some of them only. */
const ownFlags = {
  get: [],
  put: ['ttl-ms', 'if-absent', 'if-version', 'id'],
  delete: ['if-version', 'id'],
  stats: [],
  doctor: ['json'],
} as const satisfies Readonly<Record<ClientCommand, readonly string[]>>;

/** Whether a word is the name of such a command. */
export function isClientCommand(name: string): name is ClientCommand {
  return commands.some((command) => command === name);
}

/** Runs `get`, `put`, `delete`, `stats` or `doctor`. */
export async function clientCommand(
  name: ClientCommand,
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
): Promise<number> {
  const { values: flags, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tls: { type: 'boolean' },
      'tls-ca': { type: 'string' },
      'tls-cert': { type: 'string' },
      'tls-key': { type: 'string' },
      token: { type: 'string' },
      'timeout-ms': { type: 'string' },
      'ttl-ms': { type: 'string' },
      'if-absent': { type: 'boolean' },
      'if-version': { type: 'string' },
      id: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const shape = shapes[name];
  if (positionals.length !== shape.length) throw new UsageError(`use: norikv ${name} ${shape.join(' ')}`);
  const strays = [...ownFlags.put, ...ownFlags.doctor].filter((flag) => !own(name).includes(flag));
  const stray = strays.find((flag) => flags[flag] !== undefined);
  if (stray !== undefined) throw new UsageError(`norikv ${name} has no --${stray}`);
  const [address = '', key = '', word = ''] = positionals;
  const condition = { ifMatchVersion: versionOf(flags['if-version']), idempotencyKey: flags.id };
  const putOptions: PutOptions = {
    ...condition,
    ttlMs: numberOf('--ttl-ms', flags['ttl-ms']),
    ifNotExists: flags['if-absent'] ?? false,
  };
  const timeout = numberOf('--timeout-ms', flags['timeout-ms']);
  // What follows "--" is a value, whatever it looks like.
  const value = word === '-' && !args.includes('--') ? await readValue(terminal.input()) : word;
  await using client = new NoriKVClient({
    nodes: [address],
    tls: await tlsOf(flags),
    // A variable without a value is none.
    token: flags.token ?? (env.NORIKV_TOKEN || undefined),
    timeout,
    watchCluster: false,
    // The doctor has to ask servers that promise nothing, to see what they do.
    unsafeAllowPlainServer: name === 'doctor',
  });
  await client.connect();
  switch (name) {
    case 'get':
      return await printValue(client, key, terminal);
    case 'put': {
      const { term, index } = await client.put(key, value, putOptions);
      terminal.out(`${term}/${index}\n`);
      return exitCodes.done;
    }
    case 'delete':
      terminal.out((await client.delete(key, condition)) ? 'deleted\n' : 'did not exist\n');
      return exitCodes.done;
    case 'stats':
      terminal.out(figuresText(await client.getServerStats()));
      return exitCodes.done;
    case 'doctor':
      return await diagnose(client, flags.json ?? false, terminal);
  }
}

function own(name: ClientCommand): readonly string[] {
  return ownFlags[name];
}

async function printValue(client: NoriKVClient, key: string, terminal: Terminal): Promise<number> {
  const entry = await client.find(key);
  if (entry === null) {
    terminal.error('norikv: the key does not exist\n');
    return exitCodes.absent;
  }
  terminal.out(entry.value);
  return exitCodes.done;
}

async function tlsOf(flags: {
  readonly tls?: boolean | undefined;
  readonly 'tls-ca'?: string | undefined;
  readonly 'tls-cert'?: string | undefined;
  readonly 'tls-key'?: string | undefined;
}): Promise<boolean | TlsOptions> {
  const { 'tls-ca': ca, 'tls-cert': cert, 'tls-key': key } = flags;
  if (ca === undefined && cert === undefined && key === undefined) return flags.tls ?? false;
  return { ca: await contentOf(ca), cert: await contentOf(cert), key: await contentOf(key) };
}

async function contentOf(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : readText(path);
}

function versionOf(text: string | undefined): Version | undefined {
  if (text === undefined) return undefined;
  const [, term, index] = /^(\d{1,20})\/(\d{1,20})$/.exec(text) ?? [];
  if (term === undefined || index === undefined) {
    throw new UsageError(`--if-version is ${text}; use TERM/INDEX as put prints it`);
  }
  return { term: BigInt(term), index: BigInt(index) };
}

function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new UsageError(`${name} is ${text}; use a whole number of milliseconds`);
}

function figuresText(figures: Readonly<Record<string, number>>): string {
  return Object.entries(figures)
    .sort(([left], [right]) => left.localeCompare(right))
    .map(([name, value]) => `${name} ${value}\n`)
    .join('');
}
