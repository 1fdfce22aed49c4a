import { frameOf } from '../grpc/frames.js';
import { methods, type WireMethod } from './methods.js';

/** Where the stream is on which many calls share their way. */
export const exchangePath = '/norikv.ext.v1.Store/Exchange';

/** What can be called on an exchange. A call names its method by the place in this list, so none may ever move. */
const exchanged: readonly WireMethod[] = [methods.put, methods.get, methods.delete, methods.deleteExactly];
const cancelling = 255;

/** Identifiers of the calls of one exchange go up to here. */
export const highestCallId: number = 2 ** 32 - 1;

/** A call, or the end of the interest in one. */
export interface CallFrame {
  readonly id: number;
  /** Undefined: nobody waits for the answer any more. */
  readonly path: string | undefined;
  /** Infinity: none. */
  readonly timeoutMs: number;
  readonly message: Buffer;
}

/** What a call came to: a message if the code is 0, else a text and what else there is to say. */
export interface AnswerFrame {
  readonly id: number;
  readonly code: number;
  readonly message: Buffer;
  readonly details: string;
  readonly trailers: Readonly<Record<string, string>>;
}

const callHeadBytes = 9;
const answerHeadBytes = 5;

/** The number a method has on an exchange; -1 if it is not called there. */
export function numberOf(method: WireMethod): number {
  return exchanged.indexOf(method);
}

/** A call as it travels: its identifier, the number of its method, its time in milliseconds, its message. */
export function callFrame(id: number, method: number, timeoutMs: number, message: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(callHeadBytes);
  head.writeUInt32BE(id, 0);
  head[4] = method;
  // None, and what is as long as none, is 0.
  head.writeUInt32BE(timeoutMs <= 2 ** 32 - 1 ? Math.max(1, Math.ceil(timeoutMs)) : 0, 5);
  return frameOf(head, message);
}

/** Tells that nobody waits for the answer to a call any more. */
export function cancelFrame(id: number): Buffer {
  return callFrame(id, cancelling, Number.POSITIVE_INFINITY, Buffer.alloc(0));
}

/** @throws Error if the bytes are no call. */
export function readCall(frame: Buffer): CallFrame {
  if (frame.length < callHeadBytes) throw new Error('a call is cut off');
  const method = frame.readUInt8(4);
  return {
    id: frame.readUInt32BE(0),
    path: method === cancelling ? undefined : (exchanged[method]?.path ?? `method ${method} of an exchange`),
    timeoutMs: frame.readUInt32BE(5) || Number.POSITIVE_INFINITY,
    message: frame.subarray(callHeadBytes),
  };
}

/** The answer to a call that went well. */
export function answerFrame(id: number, message: Uint8Array): Buffer {
  return framed(id, 0, message);
}

/** The answer to a call that did not. */
export function refusalFrame(
  id: number,
  { code, details, trailers }: Pick<AnswerFrame, 'code' | 'details' | 'trailers'>,
): Buffer {
  return framed(id, code, Buffer.from(JSON.stringify({ details, trailers })));
}

/** @throws Error if the bytes are no answer. */
export function readAnswer(frame: Buffer): AnswerFrame {
  if (frame.length < answerHeadBytes) throw new Error('an answer is cut off');
  const [id, code, message] = [frame.readUInt32BE(0), frame.readUInt8(4), frame.subarray(answerHeadBytes)];
  if (code === 0) return { id, code, message, details: '', trailers: {} };
  const { details, trailers } = JSON.parse(message.toString()) as Partial<AnswerFrame>;
  return { id, code, message, details: String(details ?? ''), trailers: textsIn(trailers) };
}

function framed(id: number, code: number, body: Uint8Array): Buffer {
  const head = Buffer.allocUnsafe(answerHeadBytes);
  head.writeUInt32BE(id, 0);
  head[4] = code;
  return frameOf(head, body);
}

function textsIn(trailers: unknown): Record<string, string> {
  const entries = Object.entries((trailers ?? {}) as object);
  return Object.fromEntries(entries.filter(([, value]) => typeof value === 'string'));
}
