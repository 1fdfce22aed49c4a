import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NoriKVClient } from '@norikv/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runCommand } from '../src/command.js';
import { Authority } from './support/certificates.js';
import { newFolder, norikv, ServerProcess } from './support/programs.js';
import { run, terminalWith } from './support/run.js';

let folder: Awaited<ReturnType<typeof newFolder>>;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => folder[Symbol.asyncDispose]());

/** Serves in this process until the test is over. */
async function serving(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<{
  first: Record<string, unknown>;
  entries: Record<string, unknown>[];
  hangUp(): void;
  end(): Promise<number>;
}> {
  let stop = (): void => {};
  let hangUp = (): void => {};
  const entries: Record<string, unknown>[] = [];
  let started = (_entry: Record<string, unknown>): void => {};
  const first = new Promise<Record<string, unknown>>((resolve) => {
    started = resolve;
  });
  const terminal = terminalWith({
    out: (text) => {
      const entry = JSON.parse(String(text)) as Record<string, unknown>;
      entries.push(entry);
      if (entry.event === 'serving') started(entry);
    },
    error: (text) => started({ error: text }),
    stopped: (callback) => {
      stop = callback;
    },
    hungUp: (callback) => {
      hangUp = callback;
    },
  });
  const ended = runCommand(args, env, terminal);
  const entry = await first;
  return {
    first: entry,
    entries,
    hangUp: () => hangUp(),
    end() {
      stop();
      return ended;
    },
  };
}

describe('a process of its own', () => {
  it('serves, is used by the command, and ends in order', async () => {
    const server = await ServerProcess.start(['--data', folder.path, '--port', '0', '--http', '127.0.0.1:0']);
    expect((await fetch(`http://${server.http}/readyz`)).status).toBe(200);
    const put = await norikv(['put', server.address, 'key', 'value', '--if-absent']);
    expect(put).toMatchObject({ code: 0, out: expect.stringMatching(/^\d+\/\d+\n$/), error: '' });
    expect(await norikv(['get', server.address, 'key'])).toEqual({ code: 0, out: 'value', error: '' });
    expect(await server.end('SIGINT')).toBe(0);
    expect(server.events).toEqual(['starting', 'serving', 'stopping', 'stopped']);
  }, 240_000);

  it('takes bytes from standard input and gives them back as they are', async () => {
    await using server = await ServerProcess.start(['--ephemeral', '--port', '0', '--http', 'off']);
    const bytes = Buffer.from([...Array(256).keys(), 10, 13, 10]);
    const [input, output] = [join(folder.path, 'input'), join(folder.path, 'output')];
    await writeFile(input, bytes);
    expect(await norikv(['put', server.address, 'key', '-'], {}, { input })).toMatchObject({ code: 0 });
    expect(await norikv(['get', server.address, 'key'], {}, { output })).toMatchObject({
      code: 0,
      error: '',
    });
    expect(await readFile(output)).toEqual(bytes);
  }, 240_000);

  it.skipIf(!existsSync('/dev/full'))(
    'says so if what it writes does not arrive',
    async () => {
      await using server = await ServerProcess.start(['--ephemeral', '--port', '0', '--http', 'off']);
      const output = '/dev/full';
      const problem = expect.stringContaining('cannot be written');
      // Applied, and nobody was told the version.
      expect(await norikv(['put', server.address, 'key', 'value'], {}, { output })).toMatchObject({
        code: 5,
        error: problem,
      });
      expect(await norikv(['get', server.address, 'key'], {}, { output })).toMatchObject({
        code: 1,
        error: problem,
      });
    },
    240_000,
  );

  it('takes new tokens on SIGHUP, and drops no connection for them', async () => {
    const path = join(folder.path, 'tokens');
    await writeFile(path, 'old\n');
    await using server = await ServerProcess.start([
      ...['--ephemeral', '--port', '0', '--http', '127.0.0.1:0', '--token-file', path],
    ]);
    const nodes = [server.address];
    await using client = new NoriKVClient({ nodes, watchCluster: false, token: 'old' });
    await client.connect();
    await writeFile(path, 'new\n');
    server.signal('SIGHUP');
    await expect.poll(() => server.events).toEqual(['starting', 'serving', 'reloaded']);
    await expect(client.find('key')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    expect(client.getStats().nodes[0]?.ready).toBeGreaterThan(0);
    expect(await norikv(['get', server.address, 'key', '--token', 'new'])).toMatchObject({
      code: 3,
      out: '',
    });
    await writeFile(path, '\n');
    server.signal('SIGHUP');
    await expect.poll(() => server.events).toContain('reload failed, going on as before');
    const metrics = await (await fetch(`http://${server.http}/metrics`)).text();
    expect(metrics).toMatch(/^norikv_last_reload_successful 0$/m);
    expect(metrics).toMatch(/^norikv_uptime_seconds /m);
    expect((await fetch(`http://${server.http}/readyz`)).status).toBe(200);
  }, 240_000);

  it('serves on when nobody reads its log any more', async () => {
    const args = ['--ephemeral', '--port', '0', '--http', 'off', '--log-calls'];
    await using server = await ServerProcess.start(args);
    server.closeOutput();
    await using client = new NoriKVClient({ nodes: [server.address], watchCluster: false });
    await client.connect();
    for (let call = 0; call < 10; call++) await client.put('key', `${call}`);
    expect(await client.find('key')).not.toBeNull();
  }, 240_000);
});

describe('norikv get, put, delete, stats and doctor', () => {
  it('do what they say', async () => {
    const server = await serving(['--ephemeral', '--port', '0', '--http', 'off', '--log-calls']);
    const address = String(server.first.address);
    const put = await run(['put', address, 'key', 'value', '--ttl-ms', '60000', '--id', 'once']);
    expect(put.code).toBe(0);
    const version = put.out.trim();
    expect(await run(['put', address, 'key', 'other', '--if-absent'])).toMatchObject({
      code: 4,
      error: expect.stringContaining('ALREADY_EXISTS, not-applied'),
    });
    expect(await run(['get', address, 'key'])).toMatchObject({ code: 0, out: 'value' });
    await run(['put', address, 'help', '--', '--help']);
    expect(await run(['get', address, 'help'])).toMatchObject({ code: 0, out: '--help' });
    await run(['put', address, 'input', '-'], {}, async function* () {
      yield Buffer.from('from ');
      yield Buffer.from('input\n');
    });
    expect(await run(['get', address, 'input'])).toMatchObject({ code: 0, out: 'from input\n' });
    await run(['put', address, 'dash', '--', '-']);
    expect(await run(['get', address, 'dash'])).toMatchObject({ code: 0, out: '-' });
    expect(await run(['get', address, 'nothing'])).toMatchObject({
      code: 3,
      error: 'norikv: the key does not exist\n',
    });
    expect(await run(['delete', address, 'key', '--if-version', '1/1'])).toMatchObject({ code: 4 });
    expect(await run(['delete', address, 'key', '--if-version', version])).toMatchObject({
      out: 'deleted\n',
    });
    expect(await run(['delete', address, 'key'])).toMatchObject({ code: 0, out: 'did not exist\n' });
    const stats = await run(['stats', address]);
    expect(stats.out).toContain('norikv_calls_total{method="/norikv.v1.Kv/Put",code="ALREADY_EXISTS"} 1\n');
    expect(
      server.entries.some(({ event, method }) => event === 'call' && method === '/norikv.v1.Kv/Get'),
    ).toBe(true);
    expect(await server.end()).toBe(0);
  });

  it('doctor finds all that a good server declares', async () => {
    const server = await serving(['--ephemeral', '--port', '0', '--http', 'off']);
    const address = String(server.first.address);
    const [text, json] = await Promise.all([run(['doctor', address]), run(['doctor', address, '--json'])]);
    expect(text).toMatchObject({ code: 0, out: expect.stringContaining('Everything declared was kept.') });
    const { findings } = JSON.parse(json.out) as { findings: { guarantee: string; verdict: string }[] };
    const kept = findings.filter(({ verdict }) => verdict === 'kept').map(({ guarantee }) => guarantee);
    for (const guarantee of [
      'values',
      'putVersionUsable',
      'linearizableReads',
      'createIfAbsent',
      'atomicCas',
    ]) {
      expect(kept).toContain(guarantee);
    }
    for (const guarantee of ['deleteCas', 'ttl', 'idempotency']) expect(kept).toContain(guarantee);
    await server.end();
  });

  it('serve over TLS with certificates and tokens', async () => {
    const authority = new Authority('norikv test authority');
    const [server, client] = [authority.issue('localhost'), authority.issue('client')];
    const files = {
      ca: authority.cert,
      cert: server.cert,
      key: server.key,
      ccert: client.cert,
      ckey: client.key,
    };
    const path = (name: string): string => join(folder.path, name);
    for (const [name, text] of Object.entries(files)) await writeFile(path(name), text);
    await writeFile(path('tokens'), 'first\n\n second \n');
    const tls = ['--tls-cert', path('cert'), '--tls-key', path('key'), '--tls-client-ca', path('ca')];
    const running = await serving([
      '--ephemeral',
      '--port',
      '0',
      '--http',
      'off',
      ...tls,
      '--token-file',
      path('tokens'),
    ]);
    expect(running.first).toMatchObject({ tls: true, tokens: 2 });
    const address = String(running.first.address).replace('127.0.0.1', 'localhost');
    const show = ['--tls-ca', path('ca'), '--tls-cert', path('ccert'), '--tls-key', path('ckey')];
    expect(await run(['put', address, 'key', 'value', ...show, '--token', 'second'])).toMatchObject({
      code: 0,
    });
    expect(await run(['get', address, 'key', ...show], { NORIKV_TOKEN: 'first' })).toMatchObject({
      out: 'value',
    });
    const unset = await run(['get', address, 'key', ...show], { NORIKV_TOKEN: '' });
    expect(unset).toMatchObject({ code: 1, error: expect.stringContaining('UNAUTHENTICATED') });
    const refused = await run(['get', address, 'key', ...show, '--token', 'wrong']);
    expect(refused).toMatchObject({ code: 1, error: expect.stringContaining('UNAUTHENTICATED') });
    expect(refused.error).not.toContain('first');
    const plain = await run(['get', address, 'key', '--tls', '--timeout-ms', '300']);
    expect(plain).toMatchObject({ code: 1, error: expect.stringContaining('UNAVAILABLE') });
    const renewed = authority.issue('localhost');
    await writeFile(path('cert'), renewed.cert);
    running.hangUp();
    await expect
      .poll(() => running.entries.at(-1))
      .toMatchObject({ error: expect.stringContaining('not the PEM private key of tls.cert') });
    await writeFile(path('key'), renewed.key);
    await writeFile(path('tokens'), 'third');
    running.hangUp();
    await expect.poll(() => running.entries.at(-1)).toMatchObject({ event: 'reloaded', tokens: 1 });
    expect(await run(['get', address, 'key', ...show, '--token', 'third'])).toMatchObject({ out: 'value' });
    expect(await run(['get', address, 'key', ...show, '--token', 'second'])).toMatchObject({
      error: expect.stringContaining('UNAUTHENTICATED'),
    });
    await running.end();
    const oneWay = await serving(['--ephemeral', '--port', '0', '--http', 'off', ...tls.slice(0, 4)]);
    const there = String(oneWay.first.address).replace('127.0.0.1', 'localhost');
    expect(await run(['delete', there, 'key', '--tls-ca', path('ca')])).toMatchObject({
      out: 'did not exist\n',
    });
    await oneWay.end();
  });
});

describe('the configuration', () => {
  const yaml = (text: string): Promise<string> => {
    const path = join(folder.path, 'norikv.yaml');
    return writeFile(path, text).then(() => path);
  };

  it('is read from the public format, the environment and flags, in that order', async () => {
    const dataDir = join(folder.path, 'data');
    await mkdir(dataDir);
    const file = await yaml(
      `node_id: from-file\nrpc_addr: "127.0.0.1:1"\nhttp_addr: 127.0.0.1:0\ndata_dir: ${dataDir}\n` +
        'cluster:\n  seed_nodes: []\n  total_shards: 8\n  replication_factor: 1\n' +
        'telemetry:\n  prometheus:\n    enabled: true\nlimits:\n  max_in_flight: 50\nunheard_of: 1\n',
    );
    const env = { NORIKV_NODE_ID: 'from-environment', NORIKV_RPC_ADDR: '127.0.0.1:2' };
    const server = await serving([file, '--port', '0'], env);
    expect(server.first).toMatchObject({ data: dataDir });
    expect(server.entries[0]).toMatchObject({ event: 'unknown setting', setting: 'unheard_of' });
    await using client = new NoriKVClient({ nodes: [String(server.first.address)] });
    await client.connect();
    await expect.poll(() => client.getClusterView()?.nodes[0]?.id).toBe('from-environment');
    expect(client.getClusterView()?.shards).toHaveLength(8);
    const metrics = await (await fetch(`http://${String(server.first.http)}/metrics`)).text();
    expect(metrics).toContain('norikv_uptime_seconds');
    expect(metrics).toMatch(/^norikv_store_keys 0$/m);
    expect((await fetch(`http://${String(server.first.http)}/readyz`)).status).toBe(200);
    await server.end();
    expect(await readFile(join(dataDir, 'norikv.mdb'))).not.toHaveLength(0);
  });

  it.each([
    ['no folder', [], 'name a folder for the store'],
    ['a folder without a name', ['--data', ''], 'name a folder for the store'],
    ['two stores', ['--data', 'x', '--ephemeral'], '--data and --ephemeral exclude each other'],
    ['two files', ['a.yaml', 'b.yaml'], '"b.yaml" is one argument too many'],
    ['a command nobody knows', ['gett', 'localhost:1', 'k'], '"gett" is no command'],
    ['no such file', ['nowhere.yaml'], 'nowhere.yaml cannot be read'],
    ['a flag nobody knows', ['--dta', 'x'], "Unknown option '--dta'"],
    ['a port that is none', ['--ephemeral', '--port', 'x'], '--port is x'],
    ['a HTTP address that is none', ['--ephemeral', '--http', '8080'], '--http is 8080'],
    ['half of TLS', ['--ephemeral', '--tls-cert', 'x'], 'TLS needs both'],
    ['client certificates without TLS', ['--ephemeral', '--tls-client-ca', 'x'], '--tls-client-ca asks'],
    ['a token file that is not there', ['--ephemeral', '--token-file', 'nowhere'], 'nowhere cannot be read'],
    ['a version that is none', ['put', 'localhost:1', 'k', 'v', '--if-version', '7'], '--if-version is 7'],
    ['a TTL that is none', ['put', 'localhost:1', 'k', 'v', '--ttl-ms', 'soon'], '--ttl-ms is soon'],
    ['a flag of another command', ['delete', 'localhost:1', 'k', '--if-absent'], 'delete has no --if-absent'],
    ['a flag that has no meaning', ['stats', 'localhost:1', '--json'], 'norikv stats has no --json'],
    ['an argument that is missing', ['get', 'localhost:1'], 'use: norikv get ADDRESS KEY'],
    [
      'an authority that is not there',
      ['get', 'localhost:1', 'k', '--tls-ca', 'nowhere'],
      'nowhere cannot be read',
    ],
  ])('with %s is refused', async (_what, args, message) => {
    const { code, error } = await run(args);
    expect(error).toContain(message);
    expect(code).toBe(2);
  });

  it.each([
    ['seed nodes', 'cluster:\n  seed_nodes: [other:7447]\n', 'seed nodes are other:7447'],
    ['a number in words', 'grace_ms: soon\n', 'grace_ms is soon; use a whole number'],
    ['copies', 'cluster:\n  replication_factor: 3\n', 'replication_factor is 3'],
    ['a list', '- a\n- b\n', 'holds no settings'],
    ['an address without a port', 'rpc_addr: localhost\n', 'rpc_addr is localhost'],
    ['something that is no YAML', 'a: [', 'cannot be read'],
    ['TLS under another name', 'tls:\n  cert_file: x\n', 'tls.cert_file is no setting of this server'],
    ['TLS that is only wished for', 'tls: true\n', 'tls is no setting of this server'],
    ['tokens under another name', 'token-file: x\n', 'token-file is no setting of this server'],
    ['tokens in capitals', 'TOKEN_FILE: x\n', 'TOKEN_FILE is no setting of this server'],
    ['a token file nobody filled in', 'token_file: ""\n', 'token_file is empty'],
    ['a token file of nothing', 'token_file:\n', 'token_file is empty'],
    ['an authority nobody filled in', 'tls:\n  cert: c\n  key: k\n  client_ca:\n', 'tls.client_ca is empty'],
    ['keys nobody filled in', 'tls:\n  cert: ""\n  key: ""\n', 'tls.cert is empty'],
    ['TLS of nothing', 'tls:\n', 'tls is no setting of this server'],
    ['TLS that is empty', 'tls: {}\n', 'tls is no setting of this server'],
    ['TLS in another place', 'rpc:\n  tls:\n    cert: x\n', 'rpc.tls.cert is no setting of this server'],
    ['tokens in another place', 'auth_tokens: [x]\n', 'auth_tokens is no setting of this server'],
    ['tokens within a word', 'authToken: x\n', 'authToken is no setting of this server'],
    ['TLS within a word', 'mtls:\n  ca: x\n', 'mtls.ca is no setting of this server'],
    ['TLS in a list', 'servers:\n- tls:\n    cert: x\n', 'servers.0.tls.cert is no setting of this server'],
    ['a switch that is neither on nor off', 'log_calls: yes\n', 'log_calls is yes; use true or false'],
  ])('with %s in the file is refused', async (_what, text, message) => {
    const { code, error } = await run([await yaml(text), '--ephemeral']);
    expect({ code, error }).toMatchObject({ code: 2, error: expect.stringContaining(message) });
  });

  it('has empty settings, which are as good as none where a flag says more', async () => {
    await writeFile(join(folder.path, 'tokens'), 'secret\n');
    const file = await yaml('token_file:\nnode_id:\ngrace_ms: ""\ncluster: {}\nlimits:\ntelemetry: {}\n');
    const tokens = ['--token-file', join(folder.path, 'tokens')];
    const server = await serving([file, '--ephemeral', '--port', '0', '--http', 'off', ...tokens]);
    expect(server.first).toMatchObject({ event: 'serving', tokens: 1 });
    expect(server.entries.map(({ event }) => event)).toEqual(['starting', 'serving']);
    expect(await server.end()).toBe(0);
  });

  it('without a single token in the token file is refused', async () => {
    const path = await yaml('\n\n');
    expect(await run(['--ephemeral', '--token-file', path])).toMatchObject({
      code: 2,
      error: expect.stringContaining('holds no token'),
    });
  });

  it('is explained', async () => {
    for (const args of [['--help'], ['get', '-h'], ['help']]) {
      expect(await run(args)).toMatchObject({
        code: 0,
        out: expect.stringContaining('norikv doctor ADDRESS'),
      });
    }
  });

  it('tells its version, also where it begins to serve', async () => {
    const manifest = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'));
    for (const flag of ['--version', '-v']) {
      expect(await run([flag])).toEqual({ code: 0, out: `${manifest.version}\n`, error: '' });
    }
    const server = await serving(['--ephemeral', '--port', '0', '--http', 'off']);
    expect(server.first).toMatchObject({ version: manifest.version });
    expect(await server.end()).toBe(0);
  });

  it('that cannot be served leaves the signals that end a process alone', async () => {
    let listens = false;
    const listen = (): void => {
      listens = true;
    };
    const terminal = terminalWith({ stopped: listen, hungUp: listen });
    const code = await runCommand(['--data', await yaml('a file, no folder')], {}, terminal);
    expect({ code, listens }).toEqual({ code: 1, listens: false });
  });

  it('that cannot be had says so', async () => {
    const server = await serving(['--ephemeral', '--port', '0', '--http', '127.0.0.1:0']);
    const port = String(server.first.address).split(':')[1] ?? '';
    const data = join(folder.path, 'data');
    const taken = await run(['--data', data, '--port', port, '--http', 'off']);
    expect(taken).toMatchObject({
      code: 1,
      error: expect.stringContaining(`Cannot listen on 127.0.0.1:${port}`),
    });
    const wrong = await run(['--data', data, '--total-shards', '0', '--http', 'off']);
    expect(wrong).toMatchObject({ code: 2, error: expect.stringContaining('totalShards is 0') });
    const note = await yaml('a note');
    const broken = await run(['--data', data, '--http', 'off', '--tls-cert', note, '--tls-key', note]);
    expect(broken).toMatchObject({ code: 2, error: expect.stringContaining('tls.cert is not a PEM') });
    // All are told before the store is opened, which may take long, and would make one.
    expect(existsSync(data)).toBe(false);
    const http = await run(['--ephemeral', '--port', '0', '--http', String(server.first.http)]);
    expect(http).toMatchObject({ code: 1, error: expect.stringMatching(/for HTTP .*EADDRINUSE/) });
    await server.end();
  });
});

it('hands what it was told to the server', async () => {
  const authority = new Authority('the authority');
  const certificates = { ...authority.issue('localhost'), ca: authority.cert, tokens: 'tokens' };
  const given: unknown[] = [];
  vi.resetModules();
  vi.doMock('../src/server.js', () => ({
    createServer(_store: unknown, options: unknown): never {
      given.push(options);
      throw new Error('enough');
    },
  }));
  vi.doMock('../src/listen.js', () => ({ checkFree: async (where: unknown) => void given.push(where) }));
  try {
    const { runCommand: runAnew } = await import('../src/command.js');
    const path = (name: string): string => join(folder.path, name);
    for (const [name, text] of Object.entries(certificates)) await writeFile(path(name), text);
    const args = [
      ...['--ephemeral', '--host', 'host', '--port', '1', '--node-id', 'node', '--advertise', 'node:2'],
      ...['--total-shards', '3', '--max-in-flight', '4', '--max-calls-per-second', '5', '--log-calls'],
      ...['--tls-cert', path('cert'), '--tls-key', path('key'), '--tls-client-ca', path('ca')],
      ...['--max-pending-bytes', '6', '--token-file', path('tokens'), '--http', 'off'],
    ];
    expect(await runAnew(args, {}, terminalWith())).toBe(1);
  } finally {
    vi.doUnmock('../src/server.js');
    vi.doUnmock('../src/listen.js');
    vi.resetModules();
  }
  expect(given).toEqual([
    expect.objectContaining({ host: 'host', port: 1 }),
    {
      ...{ host: 'host', port: 1, nodeId: 'node', advertise: 'node:2', totalShards: 3 },
      ...{
        maxInFlight: 4,
        maxPendingBytes: 6,
        maxCallsPerSecond: 5,
        logCalls: true,
        log: expect.any(Function),
      },
      tls: { cert: certificates.cert, key: certificates.key, clientCa: authority.cert },
      tokens: ['tokens'],
    },
  ]);
});

it('is alive and not ready while the store is opened, and neither when the store can be read no more', async () => {
  let open = (): void => {};
  let isBroken = false;
  vi.resetModules();
  vi.doMock('@norikv/embedded', async (importOriginal) => {
    const embedded = await importOriginal<typeof import('@norikv/embedded')>();
    const mayOpen = new Promise<void>((resolve) => {
      open = resolve;
    });
    const openEmbedded = async (): Promise<object> => {
      await mayOpen;
      const find = async (): Promise<null> => {
        if (isBroken) throw new Error('MDB_PANIC');
        return null;
      };
      return Object.assign(await embedded.openEmbedded(), { find });
    };
    return { ...embedded, openEmbedded };
  });
  try {
    const { runCommand: runAnew } = await import('../src/command.js');
    const entries: { event: string; http: string }[] = [];
    let stop = (): void => {};
    const terminal = terminalWith({
      out: (text) => void entries.push(JSON.parse(String(text))),
      stopped: (callback) => {
        stop = callback;
      },
    });
    const ended = runAnew(['--ephemeral', '--port', '0', '--http', '127.0.0.1:0'], {}, terminal);
    await expect.poll(() => entries.map(({ event }) => event)).toEqual(['starting']);
    const get = async (path: string): Promise<[number, string]> => {
      const response = await fetch(`http://${entries[0]?.http}/${path}`);
      return [response.status, await response.text()];
    };
    expect(await get('healthz')).toEqual([200, 'ok\n']);
    expect(await get('readyz')).toEqual([503, 'not ready\n']);
    expect(await get('metrics')).toEqual([200, '']);
    open();
    await expect.poll(() => entries.map(({ event }) => event)).toEqual(['starting', 'serving']);
    expect(await get('healthz')).toEqual([200, 'ok\n']);
    expect(await get('readyz')).toEqual([200, 'ready\n']);
    isBroken = true;
    expect((await get('healthz'))[0]).toBe(503);
    expect((await get('readyz'))[0]).toBe(503);
    stop();
    expect(await ended).toBe(0);
  } finally {
    vi.doUnmock('@norikv/embedded');
    vi.resetModules();
  }
});

it('only who opens a store needs the embedded one', async () => {
  vi.resetModules();
  vi.doMock('@norikv/embedded', () => {
    throw new Error('No native build was found');
  });
  try {
    const { runCommand: runAnew } = await import('../src/command.js');
    let [out, error] = ['', ''];
    const terminal = terminalWith({
      out: (text) => {
        out += String(text);
      },
      error: (text) => {
        error += text;
      },
    });
    expect(await runAnew(['--version'], {}, terminal)).toBe(0);
    expect(out).toMatch(/^\d/);
    expect(await runAnew(['--ephemeral', '--port', '0', '--http', 'off'], {}, terminal)).toBe(1);
    expect(error).toMatch(/^norikv: the store cannot be loaded[\s\S]*without --omit=optional/);
    expect(await runAnew(['restore', 'file', 'folder'], {}, terminal)).toBe(1);
  } finally {
    vi.doUnmock('@norikv/embedded');
    vi.resetModules();
  }
});
