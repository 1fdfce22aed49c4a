import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { NoriKVClient } from '@norikv/client';
import type { KvStore } from '@norikv/store';
import { createMemoryStore, FakeClock } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { createServer, type LogEntry, type ServerCredentials } from '../src/index.js';
import { Renewal } from '../src/renewal.js';
import { Authority } from './support/certificates.js';
import { FaultyNetwork } from './support/faulty-network.js';

const authority = new Authority('the authority');
const next = new Authority('the next authority');
const [old, renewed] = [authority.issue('localhost'), next.issue('localhost')];

/** The subject of the authority that signed what a server shows to a new connection; what went wrong if nothing. */
function shown(
  port: number,
  client: { readonly cert?: string; readonly key?: string } = {},
): Promise<string> {
  return new Promise((resolve) => {
    const options = { port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false, ...client };
    const socket = connectTls(options);
    const issuer = (): string => String(socket.getPeerCertificate().issuer?.CN);
    // With TLS 1.3 a server that does not take the client's certificate says so after the handshake.
    socket.once('data', () => resolve(issuer()));
    socket.once('error', (error) => resolve(error.message));
    socket.once('close', () => resolve('closed'));
    socket.once('data', () => socket.destroy());
  });
}

it('a connection whose TLS breaks after the handshake is let go', async () => {
  const server = await createServer(createMemoryStore(), { port: 0, tls: old });
  await using network = await FaultyNetwork.to(server.port);
  const port = Number(network.address.split(':').at(-1));
  const names = { ca: authority.cert, servername: 'localhost', ALPNProtocols: ['h2'] };
  const socket = connectTls({ host: '127.0.0.1', port, ...names });
  const client = connectHttp2('https://localhost', { createConnection: () => socket }).on('error', () => {});
  await once(client, 'remoteSettings');
  network.spoil('client');
  await expect.poll(() => network.open, { timeout: 20_000 }).toBe(0);
  client.destroy();
  // It waits for connections, and this one would not end by itself.
  await server.close(600_000);
}, 30_000);

describe('new certificates', () => {
  it('are shown to new connections, and those there are go on', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, tls: old });
    const trust = (one: Authority) => ({
      nodes: [server.address],
      watchCluster: false,
      tls: { ca: one.cert },
    });
    await using before = new NoriKVClient(trust(authority));
    await before.connect();
    await expect.poll(() => before.getStats().nodes[0]?.ready).toBe(2);
    server.renew({ tls: renewed });
    expect(await shown(server.port)).toBe('the next authority');
    await before.put('key', 'value');
    expect(before.getStats()).toMatchObject({ retries: 0, failures: 0 });
    await using after = new NoriKVClient(trust(next));
    await after.connect();
    await after.put('key', 'value');
  });

  const half = old.cert.slice(0, 300);
  it.each<[string, ServerCredentials, string]>([
    [
      'a certificate and a key that are no pair',
      { tls: { ...renewed, key: old.key } },
      'not the PEM private key of tls.cert',
    ],
    ['a certificate that breaks off', { tls: { ...renewed, cert: half } }, 'tls.cert is not'],
    ['a chain that breaks off', { tls: { ...renewed, cert: renewed.cert + half } }, 'tls.cert is not'],
    ['a key that breaks off', { tls: { ...renewed, key: renewed.key.slice(0, 90) } }, 'tls.key is not'],
    ['files that are empty', { tls: { ...renewed, cert: '', key: '' } }, 'tls.cert is not'],
    [
      'an authority where there was none',
      { tls: { ...renewed, clientCa: next.cert } },
      'tls.clientCa cannot be',
    ],
    ['no certificate', { tls: {} as { cert: string; key: string } }, 'tls.cert is not'],
    ['no tokens any more', { tokens: [] }, 'tokens is empty'],
    ['an empty token', { tls: renewed, tokens: ['good', ''] }, 'an empty one that anybody could send'],
    ['good tokens beside a bad key', { tls: { ...renewed, key: '' }, tokens: ['new'] }, 'tls.key is not'],
    ['an option nobody knows', { token: 'x' } as ServerCredentials, 'token'],
  ])('are refused as a whole: %s', async (_what, credentials, message) => {
    await using server = await createServer(createMemoryStore(), { port: 0, tls: old, tokens: ['good'] });
    expect(() => server.renew(credentials)).toThrow(message);
    expect(await shown(server.port)).toBe('the authority');
    const config = { nodes: [server.address], watchCluster: false, tls: { ca: authority.cert } };
    await using client = new NoriKVClient({ ...config, token: 'good' });
    await client.connect();
    await using stranger = new NoriKVClient(config);
    await expect(stranger.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('do not turn TLS on', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0 });
    expect(() => server.renew({ tls: renewed })).toThrow(
      'tls cannot be turned on or off; start the server anew',
    );
  });
});

describe('the authority of clients', () => {
  const [friend, successor] = [authority.issue('friend'), next.issue('successor')];
  const guarded = { ...old, clientCa: authority.cert };

  it.each<[string, string]>([
    ['nothing', ''],
    ['something else', 'a note'],
    ['half of one', authority.cert.slice(0, 300)],
    ['one and a half', authority.cert + next.cert.slice(0, 300)],
  ])('is refused if it is %s, also at the start', async (_what, clientCa) => {
    const tls = { ...old, clientCa };
    await expect(createServer(createMemoryStore(), { port: 0, tls })).rejects.toThrow(
      'tls.clientCa is not a PEM certificate',
    );
    await using server = await createServer(createMemoryStore(), { port: 0, tls: guarded });
    expect(() => server.renew({ tls })).toThrow('tls.clientCa is not a PEM certificate');
    expect(await shown(server.port, friend)).toBe('the authority');
  });

  it('cannot be left out', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, tls: guarded });
    expect(() => server.renew({ tls: old })).toThrow('tls.clientCa cannot be turned on or off');
    expect(await shown(server.port)).not.toBe('the authority');
  });

  it('that was taken away opens the door no more, not even to who was in before', async () => {
    await using server = await createServer(createMemoryStore(), { port: 0, tls: guarded });
    const { port } = server;
    const options = { port, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false, ...friend };
    // What TLS 1.3 gives to those who come back, so that they need not show a certificate again.
    let ticket: Buffer | undefined;
    const visit = (session?: Buffer): Promise<string> =>
      new Promise((resolve) => {
        const socket: TLSSocket = connectTls(session ? { ...options, session } : options);
        socket.on('session', (given) => {
          ticket ??= given;
        });
        socket.once('data', () => resolve(socket.isSessionReused() ? 'resumed' : 'welcome'));
        socket.once('error', (error) => resolve(error.message));
        socket.once('close', () => resolve('closed'));
        socket.once('data', () => socket.destroy());
      });
    expect(await visit()).toBe('welcome');
    expect(ticket).toBeDefined();
    expect(await visit(ticket)).toBe('resumed');
    server.renew({ tls: { ...renewed, clientCa: next.cert } });
    expect(['resumed', 'welcome']).not.toContain(await visit(ticket));
    expect(await shown(server.port, successor)).toBe('the next authority');
  });
});

describe('new tokens', () => {
  it.each([true, false])('are asked for from the next call on, on an exchange: %s', async (exchange) => {
    let release = (): void => {};
    const memory = createMemoryStore();
    const store: KvStore = {
      capabilities: memory.capabilities,
      get: (...call) => memory.get(...call),
      delete: (...call) => memory.delete(...call),
      put: async (...call) => {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        return memory.put(...call);
      },
    };
    await using server = await createServer(store, { port: 0, tokens: ['old', 'both'] });
    const clientWith = (token: string) =>
      new NoriKVClient({ nodes: [server.address], watchCluster: false, exchange, token });
    await using leaving = clientWith('old');
    await using staying = clientWith('both');
    await using coming = clientWith('new');
    await leaving.connect();
    await staying.connect();
    await expect(coming.connect()).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
    const put = leaving.put('key', 'under way');
    await expect.poll(() => server.metrics()).toMatch(/^norikv_calls_in_flight 1$/m);
    server.renew({ tokens: ['both', 'new'] });
    release();
    await put;
    for (const call of [() => leaving.find('key'), () => leaving.put('key', 'late')]) {
      await expect(call()).rejects.toMatchObject({ code: 'UNAUTHENTICATED', outcome: 'not-applied' });
    }
    expect(await staying.find('key')).not.toBeNull();
    await coming.connect();
    expect(await coming.find('key')).not.toBeNull();
    server.renew({ tls: undefined });
    expect(await coming.find('key')).not.toBeNull();
  });
});

it('tokens can be asked for from now on where none were needed', async () => {
  await using server = await createServer(createMemoryStore(), { port: 0 });
  await using stranger = new NoriKVClient({ nodes: [server.address], watchCluster: false });
  await stranger.connect();
  await stranger.put('key', 'value');
  server.renew({ tokens: ['good'] });
  await expect(stranger.put('key', 'other')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  await using known = new NoriKVClient({ nodes: [server.address], watchCluster: false, token: 'good' });
  await known.connect();
  expect(await known.find('key')).not.toBeNull();
});

describe('files that change', () => {
  const parts = (first: ServerCredentials) => {
    const given: ServerCredentials[] = [];
    const entries: LogEntry[] = [];
    const clock = new FakeClock();
    const files = { now: (): ServerCredentials | Promise<ServerCredentials> => first };
    const server = {
      renew(credentials: ServerCredentials): void {
        given.push(credentials);
        if (credentials.tokens?.includes('bad')) throw new Error('no good');
      },
    };
    const renewal = new Renewal({
      ...{ server, first, clock },
      read: async () => files.now(),
      log: (entry) => entries.push(entry),
    });
    const events = (): string[] => entries.map(({ event }) => event);
    return { renewal, given, entries, events, clock, files };
  };
  const [one, two, bad] = [{ tokens: ['one'] }, { tokens: ['two'] }, { tokens: ['bad'] }];
  const isGood = /^norikv_last_reload_successful 1$/m;
  const isBad = /^norikv_last_reload_successful 0$/m;

  it('are taken when they have been the same twice, and only once', async () => {
    const { renewal, given, events, clock, files } = parts(one);
    await clock.advance(60_000);
    expect(given).toEqual([]);
    files.now = () => two;
    await clock.advance(10_000);
    expect(given).toEqual([]);
    await clock.advance(60_000);
    expect(given).toEqual([two]);
    expect(events()).toEqual(['reloaded']);
    await renewal[Symbol.asyncDispose]();
    expect(clock.pendingTimers).toBe(0);
  });

  it('are not taken while they are being written', async () => {
    const { renewal, given, clock, files } = parts(one);
    let look = 0;
    files.now = () => {
      look += 1;
      return look < 5 ? { tokens: [`half of ${look}`] } : two;
    };
    await clock.advance(120_000);
    expect(given).toEqual([two]);
    await renewal[Symbol.asyncDispose]();
  });

  it('and are bad leave all as it is, which is said once, until they are good', async () => {
    const { renewal, given, entries, events, clock, files } = parts(one);
    expect(renewal.metrics()).toMatch(isGood);
    files.now = () => bad;
    await clock.advance(120_000);
    expect(given).toEqual([bad]);
    expect(entries).toEqual([
      { level: 'error', event: 'reload failed, going on as before', error: 'no good' },
    ]);
    expect(renewal.metrics()).toMatch(isBad);
    files.now = () => {
      throw new Error('cannot be read');
    };
    await clock.advance(120_000);
    expect(entries.at(-1)).toMatchObject({ error: 'cannot be read' });
    files.now = () => one;
    await clock.advance(120_000);
    expect(events().slice(2)).toEqual(['reloaded']);
    expect(renewal.metrics()).toMatch(isGood);
    await renewal[Symbol.asyncDispose]();
  });

  it('are taken at once by whoever asks for it', async () => {
    const { renewal, given, clock, files } = parts(one);
    files.now = () => two;
    await renewal.reload();
    await renewal.reload();
    await clock.advance(60_000);
    expect(given).toEqual([two, two]);
    await renewal[Symbol.asyncDispose]();
    await renewal.reload();
    expect(given).toHaveLength(2);
  });

  it('are taken in the order in which they are read', async () => {
    const { renewal, given, files } = parts(one);
    const reads: ((credentials: ServerCredentials) => void)[] = [];
    files.now = () => new Promise((resolve) => reads.push(resolve));
    const both = Promise.all([renewal.reload(), renewal.reload()]);
    await expect.poll(() => reads.length).toBe(1);
    reads[0]?.(two);
    await expect.poll(() => reads.length).toBe(2);
    reads[1]?.(one);
    await both;
    expect(given).toEqual([two, one]);
    await renewal[Symbol.asyncDispose]();
  });

  it('tell when the certificate expires', async () => {
    const { renewal, entries, files } = parts({ tls: old });
    expect(renewal.metrics()).toMatch(
      new RegExp(`^norikv_certificate_expires_timestamp_seconds ${Date.UTC(2049, 0, 1) / 1_000}$`, 'm'),
    );
    files.now = () => ({ tls: renewed });
    await renewal.reload();
    expect(renewal.metrics()).toMatch(isGood);
    expect(entries).toMatchObject([
      { event: 'reloaded', certificateExpires: new Date(Date.UTC(2049, 0, 1)) },
    ]);
    await renewal[Symbol.asyncDispose]();
  });
});
