import type { Http2Session } from 'node:http2';

/** Asks whether the other side of a connection is still there, and ends the connection if no answer comes in time. */
export function probe(session: Http2Session, timeoutMs: number): void {
  let isAnswered = false;
  // The answer may be here already and wait behind this timer.
  const end = (): unknown => setImmediate(() => isAnswered || session.destroy());
  const patience = setTimeout(end, timeoutMs).unref();
  session.ping(() => {
    isAnswered = true;
    clearTimeout(patience);
  });
}
