import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  answerFrame,
  callFrame,
  cancelFrame,
  numberOf,
  readAnswer,
  readCall,
  refusalFrame,
} from '../src/wire/exchange.js';
import { FrameReader, methods } from '../src/wire.js';

/** What is between the bytes that say how long it is. */
function messageIn(frame: Buffer): Buffer {
  const [{ message } = { message: Buffer.alloc(0) }, ...more] = new FrameReader(2 ** 20).take(frame);
  expect(more).toEqual([]);
  return message;
}

it('calls, cancellations and answers are these bytes', () => {
  expect(callFrame(7, 1, 1_000, Buffer.from('ab')).toString('hex')).toBe('000000000b0000000701000003e86162');
  expect(cancelFrame(7).toString('hex')).toBe('000000000900000007ff00000000');
  expect(answerFrame(7, Buffer.from('ab')).toString('hex')).toBe('000000000700000007006162');
  const refused = refusalFrame(7, { code: 5, details: 'no', trailers: { a: 'b' } });
  expect(refused.toString('latin1')).toBe('\0\0\0\0\x2a\0\0\0\x07\x05{"details":"no","trailers":{"a":"b"}}');
});

it('the numbers of methods never change', () => {
  const { put, get, delete: remove, deleteExactly, describe } = methods;
  expect([put, get, remove, deleteExactly].map(numberOf)).toEqual([0, 1, 2, 3]);
  expect(numberOf(describe)).toBe(-1);
});

it('what was sent is read', () => {
  const id = fc.integer({ min: 0, max: 2 ** 32 - 1 });
  const bytes = fc.uint8Array({ maxLength: 300 });
  const times = fc.oneof(fc.integer({ min: 1, max: 2 ** 32 - 1 }), fc.constant(Number.POSITIVE_INFINITY));
  fc.assert(
    fc.property(id, bytes, times, (number, content, timeoutMs) => {
      const message = Buffer.from(content);
      const call = readCall(messageIn(callFrame(number, 1, timeoutMs, content)));
      expect(call).toEqual({ id: number, path: methods.get.path, timeoutMs, message });
      expect(readAnswer(messageIn(answerFrame(number, content)))).toMatchObject({
        id: number,
        code: 0,
        message,
      });
    }),
  );
  const trailers = { 'norikv-outcome': 'not-applied' };
  expect(readAnswer(messageIn(refusalFrame(3, { code: 14, details: 'ü', trailers })))).toMatchObject({
    id: 3,
    code: 14,
    details: 'ü',
    trailers,
  });
  expect(readCall(messageIn(cancelFrame(9)))).toMatchObject({ id: 9, path: undefined });
  expect(readCall(messageIn(callFrame(1, 77, 0.2, Buffer.alloc(0))))).toMatchObject({
    path: 'method 77 of an exchange',
    timeoutMs: 1,
  });
  // What is left of 2 ** 32 ms a moment later would need one more bit, too.
  for (const timeoutMs of [2 ** 33, 2 ** 32 - 0.5]) {
    const { timeoutMs: read } = readCall(messageIn(callFrame(1, 0, timeoutMs, Buffer.alloc(0))));
    expect(read).toBe(Number.POSITIVE_INFINITY);
  }
});

it.each(['', '00000001', '000000010500'])('an answer that is none is refused: %s', (hex) => {
  expect(() => readAnswer(Buffer.from(hex, 'hex'))).toThrow();
});

it('a refusal that says nothing is read as one, and what is no text in it is left out', () => {
  const head = Buffer.from([0, 0, 0, 1, 13]);
  const said = (text: string) => readAnswer(Buffer.concat([head, Buffer.from(text)]));
  expect(said('{}')).toMatchObject({ code: 13, details: '', trailers: {} });
  expect(said('{"details":1,"trailers":{"a":1,"b":"c"}}')).toMatchObject({
    details: '1',
    trailers: { b: 'c' },
  });
  expect(() => said('null')).toThrow();
});

it('a call that is cut off is refused', () => {
  expect(() => readCall(Buffer.alloc(8))).toThrow('cut off');
});
