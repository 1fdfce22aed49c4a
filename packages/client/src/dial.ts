import { ADDRCONFIG, lookup } from 'node:dns';
import { connect, type Socket } from 'node:net';
import { hostAndPort } from './address.js';

// As RFC 8305, section 5, recommends.
const attemptDelayMs = 250;
// Enough for two lost packets and a satellite, and within the time of a call there can be another attempt.
const patienceMs = 4_000;

/**
 * Connects to one of the addresses a host has by now. The next one is tried, too, when those before have failed or
 * take long; the first that answers is taken.
 *
 * @param done - called once, unless it is stopped before.
 * @returns how to stop.
 */
export function dial(address: string, done: (result: Socket | Error) => void): () => void {
  const { host, port } = hostAndPort(address);
  const attempts = new Set<Socket>();
  let isOver = false;
  let next: NodeJS.Timeout | undefined;
  const stop = (): void => {
    isOver = true;
    clearTimeout(next);
    for (const socket of attempts) socket.destroy();
  };
  const finish = (result: Socket | Error): void => {
    stop();
    done(result);
  };
  lookup(host, { all: true, hints: ADDRCONFIG }, (problem, addresses) => {
    if (isOver) return;
    if (problem) return finish(problem);
    const tryNext = (): void => {
      clearTimeout(next);
      const to = addresses.shift()?.address;
      if (to === undefined) return;
      const socket = connect({ host: to, port, noDelay: true });
      attempts.add(socket);
      const settle = (error?: Error): void => {
        socket.setTimeout(0);
        attempts.delete(socket);
        if (isOver) return;
        if (!error) finish(socket);
        else if (addresses.length > 0) tryNext();
        else if (attempts.size === 0) finish(error);
      };
      socket.once('connect', settle);
      socket.once('error', settle);
      const late = new Error(`no connection to ${to} within ${patienceMs} ms`);
      socket.setTimeout(patienceMs, () => socket.destroy(late));
      next = setTimeout(tryNext, attemptDelayMs);
    };
    tryNext();
  });
  return stop;
}
