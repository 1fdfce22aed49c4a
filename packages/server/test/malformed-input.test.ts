import { once } from 'node:events';
import { connect as connectTo } from 'node:net';
import { Channel, ChannelCredentials, Metadata, status } from '@grpc/grpc-js';
import { NoriKVClient } from '@norikv/client';
import { methods, type WireMethod, watchCluster } from '@norikv/client/wire';
import { bytesToString } from '@norikv/store';
import { createMemoryStore, seededRandom } from '@norikv/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createServer, type LogEntry, type NoriKVServer } from '../src/index.js';

const messages = 90_000;
const frames = 12_000;
const logged: LogEntry[] = [];
const store = createMemoryStore();
let server: NoriKVServer;

beforeAll(async () => {
  server = await createServer(store, { port: 0, log: (entry) => logged.push(entry) });
  await store.put('untouched', 'value');
});

afterAll(async () => {
  await server.close(0);
});

/** Codes a call with bytes nobody meant may end with: never INTERNAL, UNKNOWN or UNAVAILABLE. */
const right = new Set([
  status.OK,
  status.INVALID_ARGUMENT,
  status.FAILED_PRECONDITION,
  status.ALREADY_EXISTS,
  status.UNIMPLEMENTED,
]);

it(`${messages} malformed messages are each answered with the right status`, async () => {
  const random = seededRandom(11);
  const channel = new Channel(server.address, ChannelCredentials.createInsecure(), {});
  const metadata = new Metadata();
  const every = Object.values(methods as object) as WireMethod[];
  const seen = new Map<status, number>();
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < messages) {
      sent += 1;
      const method = every[Math.floor(random() * every.length)] ?? methods.put;
      const code = await codeOf(channel, method.path, metadata, garbage(random));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
  };
  const before = process.memoryUsage.rss();
  await Promise.all(Array.from({ length: 64 }, worker));
  channel.close();
  expect([...seen.keys()].filter((code) => !right.has(code))).toEqual([]);
  expect(seen.get(status.INVALID_ARGUMENT)).toBeGreaterThan(messages / 4);
  expect(logged.filter(({ level }) => level === 'error')).toEqual([]);
  expect(process.memoryUsage.rss() - before).toBeLessThan(400 * 2 ** 20);
  await isUnharmed();
}, 300_000);

it(`${frames} malformed frames on raw connections end only those connections`, async () => {
  const random = seededRandom(12);
  const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  const settings = frame(4, 0, 0, Buffer.alloc(0));
  let left = frames;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      const socket = connectTo(server.port, '127.0.0.1');
      socket.on('error', () => {});
      socket.resume();
      await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      const isHttp = random() < 0.9;
      if (isHttp) socket.write(Buffer.concat([preface, settings]));
      for (let count = 0; count < 20 && left > 0; count++, left--) {
        if (socket.destroyed) break;
        socket.write(isHttp ? randomFrame(random) : bytes(random, 40));
      }
      socket.destroySoon();
      setTimeout(() => socket.destroy(), 200).unref();
      if (!socket.closed) await once(socket, 'close');
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await isUnharmed();
}, 300_000);

it('a message beyond the limit, a compressed one and one cut short are refused', async () => {
  const channel = new Channel(server.address, ChannelCredentials.createInsecure(), {});
  const { path } = methods.put;
  const huge = await codeOf(channel, path, new Metadata(), Buffer.alloc(5 * 2 ** 20));
  expect(huge).toBe(status.RESOURCE_EXHAUSTED);
  expect(await codeOf(channel, '/norikv.v1.Kv/Nothing', new Metadata(), Buffer.alloc(0))).toBe(
    status.UNIMPLEMENTED,
  );
  const watch = await codeOf(channel, watchCluster.path, new Metadata(), Buffer.from([0xff]), 300);
  expect(watch).toBe(status.DEADLINE_EXCEEDED);
  channel.close();
  await isUnharmed();
});

async function isUnharmed(): Promise<void> {
  await using client = new NoriKVClient({ nodes: [server.address] });
  await client.connect();
  expect(bytesToString((await client.get('untouched')).value)).toBe('value');
  await expect.poll(async () => (await client.getServerStats()).norikv_calls_in_flight).toBe(1);
}

function codeOf(
  channel: Channel,
  path: string,
  metadata: Metadata,
  body: Buffer,
  timeoutMs = 60_000,
): Promise<status> {
  return new Promise((resolve) => {
    const call = channel.createCall(path, Date.now() + timeoutMs, null, null, null);
    call.start(metadata, {
      onReceiveMetadata: () => {},
      onReceiveMessage: () => call.startRead(),
      onReceiveStatus: ({ code }) => resolve(code),
    });
    call.startRead();
    call.sendMessageWithContext({}, body);
    call.halfClose();
  });
}

/** Bytes that are no message, or that nearly are one. */
function garbage(random: () => number): Buffer {
  const key = Buffer.from('fuzz');
  const good = Buffer.concat([Buffer.from([0x0a, key.length]), key, bytes(random, 12)]);
  switch (Math.floor(random() * 4)) {
    case 0:
      return bytes(random, 64);
    case 1:
      return good;
    case 2:
      return good.subarray(0, Math.floor(random() * good.length));
    default: {
      const flipped = Buffer.from(good);
      const at = Math.floor(random() * flipped.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random() * 8));
      return flipped;
    }
  }
}

function bytes(random: () => number, most: number): Buffer {
  return Buffer.from(Array.from({ length: Math.floor(random() * most) }, () => Math.floor(random() * 256)));
}

function randomFrame(random: () => number): Buffer {
  const payload = bytes(random, 60);
  return frame(Math.floor(random() * 11), Math.floor(random() * 256), Math.floor(random() * 8), payload);
}

function frame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}
