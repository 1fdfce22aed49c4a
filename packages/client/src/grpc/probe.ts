import type { Http2Session } from 'node:http2';

/**
 * Asks whether the other side of a connection is still there, and ends the connection if nothing comes from it in
 * time. The answer may be long on its way, behind what else the other side sends.
 */
export function probe(session: Http2Session, timeoutMs: number): void {
  let isAnswered = false;
  let bytesRead = session.socket.bytesRead;
  let patience: NodeJS.Timeout;
  const wait = (): void => {
    // What has arrived may wait behind this timer.
    patience = setTimeout(() => setImmediate(judge), timeoutMs).unref();
  };
  const judge = (): void => {
    if (isAnswered || session.destroyed) return;
    const before = bytesRead;
    bytesRead = session.socket.bytesRead;
    if (bytesRead > before) wait();
    else session.destroy(new Error(`nothing came for ${timeoutMs} ms after a probe`));
  };
  session.ping(() => {
    isAnswered = true;
    clearTimeout(patience);
  });
  wait();
}
