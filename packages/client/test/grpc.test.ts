import { once } from 'node:events';
import { connect } from 'node:http2';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { type Frame, FrameReader, frameOf } from '../src/grpc/frames.js';
import { probe } from '../src/grpc/probe.js';
import { status, statusName } from '../src/grpc/status.js';
import { percentDecoded, percentEncoded } from '../src/grpc/texts.js';
import { timeoutMs, timeoutText } from '../src/grpc/timeouts.js';

describe('frames', () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 });

  it('are the same however their bytes are cut', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(300)), (sent, cuts) => {
        const bytes = Buffer.concat(sent.map((message) => frameOf(message)));
        const places = [0, ...cuts.filter((cut) => cut < bytes.length), bytes.length].sort((a, b) => a - b);
        const reader = new FrameReader(40);
        const received: Frame[] = [];
        for (let piece = 1; piece < places.length; piece++) {
          received.push(...reader.take(bytes.subarray(places[piece - 1], places[piece])));
        }
        expect(received.map(({ message }) => new Uint8Array(message))).toEqual(sent);
        expect(received.every(({ isCompressed }) => !isCompressed)).toBe(true);
        expect(reader.isAtEnd).toBe(true);
      }),
    );
  });

  it('of the longest length pass, and one byte more does not, before it is there', () => {
    const reader = new FrameReader(10);
    expect(reader.take(frameOf(new Uint8Array(10)))).toHaveLength(1);
    expect(reader.take(frameOf(new Uint8Array(9)).subarray(0, 7))).toEqual([]);
    expect(reader.isAtEnd).toBe(false);
    const head = frameOf(new Uint8Array(11)).subarray(0, 5);
    expect(() => new FrameReader(10).take(head)).toThrow(
      expect.objectContaining({ isTooLong: true, message: 'a message has 11 bytes; use at most 10' }),
    );
  });

  it('begin with 0 or 1', () => {
    expect(new FrameReader(10).take(Buffer.from([1, 0, 0, 0, 1, 9]))).toEqual([
      { isCompressed: true, message: Buffer.from([9]) },
    ]);
    expect(() => new FrameReader(10).take(Buffer.from([2, 0, 0, 0, 0]))).toThrow(
      expect.objectContaining({ isTooLong: false }),
    );
  });
});

describe('timeouts', () => {
  it('have at most eight digits, and are never shorter than asked', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 1e12, noNaN: true }), (ms) => {
        const text = timeoutText(ms);
        expect(text).toMatch(/^\d{1,8}[mSH]$/);
        const again = timeoutMs(text) ?? 0;
        expect(again).toBeGreaterThanOrEqual(ms);
        expect(again - ms).toBeLessThanOrEqual(Math.max(1, ms / 1_000));
      }),
    );
    expect(timeoutText(Number.MAX_VALUE)).toBe('99999999H');
    expect(timeoutText(0)).toBe('1m');
  });

  it('come in six units', () => {
    expect(['2H', '2M', '2S', '2m', '2000u', '2000000n'].map(timeoutMs)).toEqual([
      7_200_000, 120_000, 2_000, 2, 2, 2,
    ]);
  });

  it.each(['', '5', 'm', '-1m', '1.5S', '123456789m', '5 m', '5x', '5mm', '5constructor'])(
    '"%s" is none',
    (text) => {
      expect(timeoutMs(text)).toBeUndefined();
    },
  );
});

describe('texts', () => {
  it('come back from printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const encoded = percentEncoded(text);
        expect(encoded).toMatch(/^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/);
        expect(percentDecoded(encoded)).toBe(text.toWellFormed());
      }),
    );
  });

  it('keep the spaces they begin and end with, which no header does', () => {
    const texts = [' ', '  ', ' a b ', '  a', 'a  '];
    expect(texts.map(percentEncoded)).toEqual(['%20', '%20%20', '%20a b%20', '%20 a', 'a %20']);
    expect(texts.map(percentEncoded).map(percentDecoded)).toEqual(texts);
  });

  it('that were never encoded stay as they are', () => {
    expect(percentDecoded('100% sure')).toBe('100% sure');
  });
});

it('codes have names', () => {
  expect(statusName(status.UNAUTHENTICATED)).toBe('UNAUTHENTICATED');
  expect(statusName(99)).toBe('99');
});

it('a connection on which something arrives is not given up, however long the answer to a probe takes', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  const joined = once(server, 'connection');
  await once(server, 'listening');
  const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  session.on('error', () => {});
  const [peer] = (await joined) as [Socket];
  peer.resume();
  const told = once(session, 'remoteSettings');
  peer.write(Buffer.from('000000040000000000', 'hex'));
  await told;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    probe(session, 5_000);
    for (let round = 0; round < 3; round++) {
      const pinged = once(session, 'ping');
      peer.write(Buffer.from('0000080600000000000000000000000000', 'hex'));
      await pinged;
      vi.advanceTimersByTime(5_000);
      await new Promise(setImmediate);
      expect(session.destroyed).toBe(false);
    }
    vi.advanceTimersByTime(5_000);
    await new Promise(setImmediate);
    expect(session.destroyed).toBe(true);
  } finally {
    vi.useRealTimers();
    peer.destroy();
    server.close();
  }
});
