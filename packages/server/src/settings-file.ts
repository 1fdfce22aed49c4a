import { parse } from 'yaml';
import { readText, unreadable } from './read-text.js';
import { UsageError } from './terminal.js';

/** Settings of the public server's file; those without a meaning here are accepted and have none. */
const known: ReadonlySet<string> = new Set([
  'node_id',
  'rpc_addr',
  'http_addr',
  'data_dir',
  'cluster.seed_nodes',
  'cluster.total_shards',
  'cluster.replication_factor',
  'telemetry',
  'advertise',
  'tls.cert',
  'tls.key',
  'tls.client_ca',
  'token_file',
  'limits.max_in_flight',
  'limits.max_pending_bytes',
  'limits.max_calls_per_second',
  'grace_ms',
  'log_calls',
]);

/** The settings of a file, by names such as `cluster.total_shards`. */
export class SettingsFile {
  readonly #settings: ReadonlyMap<string, string>;

  private constructor(settings: ReadonlyMap<string, string>) {
    this.#settings = settings;
  }

  /** @throws UsageError if the file cannot be read, or holds no settings. */
  static async read(path: string | undefined): Promise<SettingsFile> {
    if (path === undefined) return new SettingsFile(new Map());
    const text = await readText(path);
    let content: unknown;
    try {
      content = parse(text);
    } catch (cause) {
      throw unreadable(path, cause);
    }
    if (typeof content !== 'object' || content === null || Array.isArray(content)) {
      throw new UsageError(`${path} holds no settings; use lines such as data_dir: ./data`);
    }
    return new SettingsFile(new Map(flatten(content)));
  }

  /** What a setting says; an empty one says nothing. */
  text(name: string): string | undefined {
    return this.#settings.get(name) || undefined;
  }

  /** A setting that keeps strangers out. An empty one, such as that of a template nobody filled in, would let them in. */
  guard(name: string): string | undefined {
    const value = this.#settings.get(name);
    if (value !== '') return value;
    throw new UsageError(
      `${name} is empty, and the server would be open; name a file, or leave the setting out`,
    );
  }

  isOn(name: string): boolean {
    const value = this.text(name) ?? 'false';
    if (value === 'true' || value === 'false') return value === 'true';
    throw new UsageError(`${name} is ${value}; use true or false`);
  }

  /**
   * Names this server does not know.
   *
   * @throws UsageError for one that was meant to keep strangers out.
   */
  unknown(): string[] {
    const names = [...this.#settings.keys()];
    const unknown = names.filter((name) => !known.has(name) && !name.startsWith('telemetry.'));
    const meant = unknown.find((name) => /tls|token/i.test(name));
    if (meant === undefined)
      return unknown.filter((name) => this.text(name) !== undefined || !isSection(name));
    throw new UsageError(
      `${meant} is no setting of this server, which would be open without it; use tls.cert, tls.key, tls.client_ca or token_file`,
    );
  }
}

function isSection(name: string): boolean {
  return [...known].some((setting) => setting.startsWith(`${name}.`));
}

function isObject(part: unknown): part is object {
  return typeof part === 'object' && part !== null;
}

function flatten(value: object, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, part]: [string, unknown]) => {
    const path = `${prefix}${name}`;
    if (Array.isArray(part) && !part.some(isObject)) return [[path, part.join(',')]];
    if (isObject(part) && Object.keys(part).length > 0) return flatten(part, `${path}.`);
    return [[path, isObject(part) || part === null ? '' : String(part)]];
  });
}
