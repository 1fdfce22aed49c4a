import type { ServerHttp2Stream } from 'node:http2';

const lingerMs = 50;

/**
 * Ends a stream that was answered before its request was whole: what still arrives is of no use. Not at once, as
 * callers on Node 22 and later do not see an answer that a reset follows at once.
 */
export function linger(stream: ServerHttp2Stream): void {
  const timer = setTimeout(() => stream.close(), lingerMs).unref();
  stream.once('close', () => clearTimeout(timer));
}
