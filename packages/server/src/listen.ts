import { type AddressInfo, createServer, type Server } from 'node:net';
import { NoriKVError } from '@norikv/store';
import { addressText } from './address-text.js';

/** Where to listen. */
export interface Place {
  readonly host: string;
  /** 0: one that is free. */
  readonly port: number;
}

/**
 * Listens, and gives the port. What goes wrong later, such as too many open files, does not end the process.
 *
 * @param use - what for, if that is not plain.
 * @throws NoriKVError with code UNAVAILABLE if the address cannot be listened on.
 */
export function listen(server: Server, { host, port }: Place, use = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    // It stays.
    server.on('error', (cause) => {
      const text = `Cannot listen on ${addressText(host, port)}${use}: ${cause.message}`;
      reject(new NoriKVError(text, { code: 'UNAVAILABLE', cause }));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** @throws as {@link listen} if the address cannot be listened on by now. */
export async function checkFree(place: Place): Promise<void> {
  const server = createServer();
  await listen(server, place);
  await new Promise((resolve) => server.close(resolve));
}
