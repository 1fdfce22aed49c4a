import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { hostAndPort } from '../../src/address.js';
import { settingsOf } from '../../src/config.js';
import { Session } from '../../src/session.js';

/** A connection as a session is made of. */
export async function socketTo(address: string): Promise<Socket> {
  const socket = connect(hostAndPort(address));
  await once(socket, 'connect');
  return socket;
}

/** A session that is up. */
export async function sessionTo(
  address: string,
  onEnd: () => void = () => {},
  mostRequests?: number,
): Promise<Session> {
  const socket = await socketTo(address);
  const settings = settingsOf({ nodes: [address] });
  return new Promise((resolve) => {
    const events = { onUp: () => resolve(made), onEnd };
    const made = new Session(address, socket, settings, events, mostRequests);
  });
}
