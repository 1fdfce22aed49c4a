import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { bytesToString, createEphemeral, NoriKVClient } from '../src/index.js';
import { LocalBackend, type LocalStore } from '../src/local-backend.js';
import { failure } from './support/clients.js';

describe('in this process', () => {
  it('keeps the contract, without a server', async () => {
    await using cluster = await createEphemeral();
    const client = cluster.getClient();
    expect(cluster.getClient()).toBe(client);
    expect(cluster.address).toBeUndefined();
    await client.connect();
    expect(client.capabilities?.atomicCas).toBe(true);
    const version = await client.put('key', 'value', { ifNotExists: true });
    await client.compareAndSet('key', version, 'next');
    expect(bytesToString((await client.get('key')).value)).toBe('next');
    expect(await client.find('gone')).toBeNull();
    expect(await client.delete('key')).toBe(true);
    expect((await failure(client.get('key'))).code).toBe('KEY_NOT_FOUND');
    expect(client.getClusterView()).toBeNull();
    client.onTopologyChange(() => {})();
    expect(client.getStats()).toMatchObject({
      isConnected: true,
      calls: 6,
      failures: 1,
      inFlight: 0,
      nodes: [],
    });
    expect((await failure(client.getServerStats())).code).toBe('UNSUPPORTED');
    await cluster.stop();
    await cluster.stop();
    expect((await failure(client.get('key'))).code).toBe('CLOSED');
    expect(client.getStats().isConnected).toBe(false);
  });

  it('refuses to compare with undefined, as where a key was found to be absent, and writes nothing', async () => {
    await using cluster = await createEphemeral();
    const client = cluster.getClient();
    await client.put('key', 'of somebody else');
    const error = await failure(client.compareAndSet('key', undefined as unknown as null, 'mine'));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', outcome: 'not-applied' });
    expect(error.message).toBe('expected is undefined; use a version, or null for a key that is absent');
    expect(bytesToString((await client.get('key')).value)).toBe('of somebody else');
    expect(await failure(client.compareAndSet('key', null, 'mine'))).toMatchObject({
      code: 'ALREADY_EXISTS',
    });
  });
});

it('without @norikv/embedded says what to install', async () => {
  vi.doMock('@norikv/embedded', () => {
    throw new Error('not installed');
  });
  const error = await failure(createEphemeral());
  vi.doUnmock('@norikv/embedded');
  expect(error).toMatchObject({
    code: 'UNSUPPORTED',
    message: expect.stringMatching(/cannot be loaded[\s\S]*npm install @norikv\/embedded/),
  });
});

it('a store without vectors refuses the six calls', async () => {
  const client = new NoriKVClient({ nodes: [] }, new LocalBackend(createMemoryStore()));
  const calls = [
    () => client.vectorCreateIndex('space', 2, 'cosine'),
    () => client.vectorDropIndex('space'),
    () => client.vectorInsert('space', 'id', [1, 2]),
    () => client.vectorDelete('space', 'id'),
    () => client.vectorSearch('space', [1, 2], 1),
    () => client.vectorGet('space', 'id'),
  ];
  for (const call of calls) expect((await failure(call())).code).toBe('UNSUPPORTED');
});

it('a store with vectors serves them', async () => {
  const asked: unknown[][] = [];
  const store = {
    capabilities: { ...createMemoryStore().capabilities, vector: true },
    vectorSearch: async (...call: unknown[]) => {
      asked.push(call);
      return { matches: [], searchTimeUs: 1 };
    },
  };
  const client = new NoriKVClient({ nodes: [] }, new LocalBackend(store as unknown as LocalStore));
  expect(await client.vectorSearch('space', [1], 2)).toEqual({ matches: [], searchTimeUs: 1 });
  expect(asked).toEqual([['space', [1], 2, undefined]]);
});

describe('through a binary', () => {
  let folder = '';
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'norikv-ephemeral-test-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function binary(text: string): Promise<string> {
    const path = join(folder, 'norikv-server');
    await writeFile(path, `#!/bin/sh\n${text}\n`);
    await chmod(path, 0o755);
    return path;
  }

  it('that NORIKV_SERVER_PATH names', async () => {
    const command = fileURLToPath(new URL('../../server/src/norikv.ts', import.meta.url));
    const flags = '--conditions=@norikv/source --import tsx';
    process.env.NORIKV_SERVER_PATH = await binary(`exec "${process.execPath}" ${flags} "${command}" "$@"`);
    try {
      await using cluster = await createEphemeral({ totalShards: 16, startupTimeout: 120 });
      const client = cluster.getClient();
      await client.connect();
      await client.put('key', 'value', { ifNotExists: true });
      await expect.poll(() => client.getClusterView()?.nodes[0]?.addr).toBe(cluster.address);
      expect(client.getClusterView()?.shards).toHaveLength(16);
      await client.getServerStats();
    } finally {
      delete process.env.NORIKV_SERVER_PATH;
    }
  }, 240_000);

  it('that finds its port taken is started at another, unless that port was asked for', async () => {
    const tries = join(folder, 'tries');
    const taken = `echo "$1" >> "${tries}"; echo "Address already in use (os error 98)"; exit 1`;
    const options = { serverBinary: await binary(taken), startupTimeout: 60 };
    expect((await failure(createEphemeral(options))).message).toContain('Address already in use');
    expect((await readFile(tries, 'utf8')).trim().split('\n')).toHaveLength(3);
    expect((await failure(createEphemeral({ ...options, port: 1 }))).code).toBe('EPHEMERAL_SERVER');
    expect((await readFile(tries, 'utf8')).trim().split('\n')).toHaveLength(4);
  });

  it.each([
    ['ends at once', 'echo "no room"; exit 3', 60, 'it ended with 3', 'no room'],
    ['does not answer', 'exec sleep 60', 1, 'it did not answer', ''],
    ['does not stop either', "trap '' TERM; exec sleep 60", 1, 'it did not answer', ''],
    ['is killed', 'kill -9 $$', 60, 'it ended with SIGKILL', ''],
  ])('that %s: says so, with its log', async (_what, text, startupTimeout, message, log) => {
    const options = { serverBinary: await binary(text), startupTimeout, dataDir: join(folder, 'data') };
    const error = await failure(createEphemeral(options));
    expect(error).toMatchObject({ code: 'EPHEMERAL_SERVER', name: 'EphemeralServerError' });
    expect(error.message).toContain(message);
    expect(error.message).toContain(log);
  });

  it('that is not there', async () => {
    const error = await failure(createEphemeral({ serverBinary: join(folder, 'nothing') }));
    expect(error.code).toBe('EPHEMERAL_SERVER');
    expect(error.message).toContain('ENOENT');
  });
});
