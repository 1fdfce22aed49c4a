import { constants, type ServerHttp2Stream } from 'node:http2';
import { afterEach, describe, expect, it } from 'vitest';
import type { NoriKVClient } from '../src/index.js';
import { encode, frameOf, methods, status } from '../src/wire.js';
import { connect, failure } from './support/clients.js';
import { answer, answerBytes, head, type Misbehaviour, PlainHttp2Server } from './support/http2-server.js';

const version = { term: 1n, index: 1n };
const written = encode(methods.put.output, { version, meta: { 'norikv-honoured': 'if_match' } });
const read = encode(methods.get.output, { version, value: Buffer.from('value') });

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

/** A server that misbehaves once for each of these, and then answers every put and get. */
async function server(
  ...misbehaviours: Misbehaviour[]
): Promise<{ server: PlainHttp2Server; client: NoriKVClient }> {
  const plain = await PlainHttp2Server.start((stream, headers) => {
    const next = misbehaviours.shift();
    if (next) next(stream, headers);
    else answer(stream, headers[':path'] === methods.put.path ? written : read);
  });
  open.push(plain);
  const client = await connect(plain.address, { maxConnectionsPerNode: 1 });
  open.push(client);
  return { server: plain, client };
}

const reset =
  (code: number): Misbehaviour =>
  (stream) =>
    stream.close(code);

/** RST_STREAM, REFUSED_STREAM. */
function resetFrame(id: number): Buffer {
  const frame = Buffer.from([0, 0, 4, 3, 0, 0, 0, 0, 0, 0, 0, 0, constants.NGHTTP2_REFUSED_STREAM]);
  frame.writeUInt32BE(id, 5);
  return frame;
}

describe('a call that ends without a status', () => {
  it.each([
    ['CANCEL', constants.NGHTTP2_CANCEL],
    ['INTERNAL_ERROR', constants.NGHTTP2_INTERNAL_ERROR],
    ['ENHANCE_YOUR_CALM', constants.NGHTTP2_ENHANCE_YOUR_CALM],
    ['NO_ERROR', constants.NGHTTP2_NO_ERROR],
  ])('reset with %s: unknown on a write, sent again on a read', async (_name, code) => {
    const { server: plain, client } = await server(reset(code), reset(code));
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(await client.get('key')).toMatchObject({ version });
    expect(plain.calls).toEqual([methods.put.path, methods.get.path, methods.get.path]);
  });

  it('refused by the server unread: not applied, so even a blind put is sent again', async () => {
    const { server: plain, client } = await server(reset(constants.NGHTTP2_REFUSED_STREAM));
    expect(await client.put('key', 'x')).toEqual(version);
    expect(plain.calls).toHaveLength(2);
  });

  it('refused after its answer has begun: unknown, and sent once', async () => {
    const { server: plain, client } = await server((stream) => {
      stream.respond(head);
      // Node would end the answer first.
      setImmediate(() => plain.sockets[0]?.write(resetFrame(stream.id ?? 0)));
    });
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(plain.calls).toHaveLength(1);
  });

  it('taken, and ended by a connection that refuses all further ones: unknown, and sent once', async () => {
    const { server: plain, client } = await server((stream) => {
      stream.session?.goaway(constants.NGHTTP2_REFUSED_STREAM, stream.id);
    });
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(plain.calls).toHaveLength(1);
  });

  it('beyond the last one the server takes: not applied, so even a blind put is sent again', async () => {
    const { server: plain, client } = await server((stream) =>
      stream.session?.goaway(0, (stream.id ?? 0) - 2),
    );
    expect(await client.put('key', 'x')).toEqual(version);
    expect(plain.calls).toHaveLength(2);
  });

  it('ended as if it were whole: unknown', async () => {
    const { client } = await server((stream) => {
      stream.respond(head);
      stream.end(frameOf(written));
    });
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  });

  it('cut off in the middle of the answer: unknown', async () => {
    const { client } = await server((stream) => {
      stream.respond(head);
      stream.write(frameOf(written).subarray(0, 4), () => stream.session?.destroy());
    });
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
  });
});

describe('an answer that makes no sense', () => {
  const twice = Buffer.concat([frameOf(written), frameOf(written)]);
  const compressed = frameOf(written);
  compressed[0] = 1;
  const flagged = frameOf(written);
  flagged[0] = 7;
  const endless = Buffer.from([0, 0xff, 0xff, 0xff, 0xff, 1]);
  it.each([
    ['two messages', twice],
    ['a compressed one', compressed],
    ['a frame of no kind', flagged],
    ['one beyond the limit', endless],
    ['more than one message', Buffer.concat([frameOf(written), Buffer.from([0, 0])])],
    ['half a message', frameOf(written).subarray(0, 9)],
    ['nothing', Buffer.alloc(0)],
  ])('%s: INTERNAL, unknown on a write', async (_what, bytes) => {
    const { client } = await server((stream) => answerBytes(stream, bytes));
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'INTERNAL', outcome: 'unknown' });
    // The connection still serves.
    expect(await client.get('key')).toMatchObject({ version });
  });

  it('a status that is no number: INTERNAL, unknown', async () => {
    const { client } = await server((stream) => answer(stream, written, { 'grpc-status': 'fine' }));
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'INTERNAL', outcome: 'unknown' });
  });
});

describe('a status', () => {
  const trailersOnly =
    (trailers: Record<string, string>): Misbehaviour =>
    (stream) =>
      stream.respond({ ...head, ...trailers }, { endStream: true });

  it('comes with the headers, its text percent-encoded', async () => {
    const { client } = await server(
      trailersOnly({ 'grpc-status': `${status.INVALID_ARGUMENT}`, 'grpc-message': 'na%C3%AFve 100%25' }),
    );
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT', message: 'naïve 100%' });
  });

  it('has a text that was never encoded', async () => {
    const { client } = await server(
      trailersOnly({ 'grpc-status': `${status.INVALID_ARGUMENT}`, 'grpc-message': 'only 5% left' }),
    );
    expect((await failure(client.put('key', 'x'))).message).toBe('only 5% left');
  });

  it('of a code nobody knows is named by its number', async () => {
    const { client } = await server(trailersOnly({ 'grpc-status': '77' }));
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code: 'INTERNAL', outcome: 'unknown', message: 'The server answered 77' });
  });

  it('beside trailers beyond all measure is not read', async () => {
    const trailers = { 'grpc-status': '0', 'x-long': 'x'.repeat(70_000) };
    const { client } = await server((stream) => answer(stream, written, trailers));
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(await client.get('key')).toMatchObject({ version });
  });

  it.each([
    [400, 'INTERNAL', 'unknown'],
    [401, 'UNAUTHENTICATED', 'not-applied'],
    [403, 'UNAUTHENTICATED', 'not-applied'],
    [404, 'UNSUPPORTED', 'not-applied'],
    [429, 'UNAVAILABLE', 'unknown'],
    [503, 'UNAVAILABLE', 'unknown'],
    [500, 'INTERNAL', 'unknown'],
  ])('%i of HTTP, from a proxy, with a page: %s, %s', async (http, code, outcome) => {
    const { client } = await server((stream) => {
      stream.respond({ ':status': http, 'content-type': 'text/html' });
      stream.end('<h1>Sorry</h1>');
    });
    const error = await failure(client.put('key', 'x'));
    expect(error).toMatchObject({ code, outcome, message: `HTTP status ${http}` });
    expect(await client.get('key')).toMatchObject({ version });
  });
});

describe('a connection', () => {
  it('that the server wants to end ends when its calls have, and the next call has another', async () => {
    const held: ServerHttp2Stream[] = [];
    const { server: plain, client } = await server((stream) => held.push(stream));
    const put = client.put('key', 'x');
    await expect.poll(() => held.length).toBe(1);
    plain.sessions[0]?.close();
    await expect.poll(() => client.getStats().nodes[0]?.ready).toBe(0);
    expect(await client.get('key')).toMatchObject({ version });
    expect(plain.sessions).toHaveLength(2);
    const [stream] = held;
    if (stream) answer(stream, written);
    expect(await put).toEqual(version);
  });

  it('that the server ends in anger leaves writes unknown', async () => {
    const { server: plain, client } = await server((stream) => {
      stream.session?.goaway(constants.NGHTTP2_ENHANCE_YOUR_CALM);
    });
    expect(await failure(client.put('key', 'x'))).toMatchObject({ code: 'UNAVAILABLE', outcome: 'unknown' });
    expect(await client.get('key')).toMatchObject({ version });
    expect(plain.sessions).toHaveLength(2);
  });

  it('carries more calls than the server takes at once', async () => {
    let most = 0;
    let now = 0;
    const plain = await PlainHttp2Server.start(
      (stream) => {
        now += 1;
        most = Math.max(most, now);
        setImmediate(() => {
          now -= 1;
          answer(stream, read);
        });
      },
      { settings: { maxConcurrentStreams: 5 } },
    );
    open.push(plain);
    const client = await connect(plain.address, { maxConnectionsPerNode: 1 });
    open.push(client);
    const calls = Array.from({ length: 500 }, (_, key) => client.get(`${key}`));
    expect(await Promise.all(calls)).toHaveLength(500);
    expect(most).toBeLessThanOrEqual(5);
  });

  it('is not kept for a server that speaks something else', async () => {
    const { createServer } = await import('node:net');
    const greeter = createServer((socket) => {
      socket.on('error', () => {});
      socket.end('220 mail.example ready\r\n');
    });
    await new Promise<void>((resolve) => greeter.listen(0, '127.0.0.1', resolve));
    const bound = greeter.address();
    const address = `127.0.0.1:${typeof bound === 'object' && bound ? bound.port : 0}`;
    await expect(connect(address, { timeout: 300 })).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    greeter.close();
  });
});
