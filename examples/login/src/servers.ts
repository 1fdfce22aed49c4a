import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { createExpressApp } from './express-app.js';
import type { FrontDoor } from './front-door.js';
import { createHonoApp } from './hono-app.js';

/** A server on this machine, until it is disposed of. */
export interface Listening extends AsyncDisposable {
  readonly url: string;
}

/** Starts the Express server. Port 0 is any free one. */
export function serveExpress(door: FrontDoor, port = 0): Promise<Listening> {
  return listen(createExpressApp(door, randomBytes(32).toString('hex')), port);
}

/** Starts the Hono server. */
export function serveHono(door: FrontDoor, port = 0): Promise<Listening> {
  return listen(getRequestListener(createHonoApp(door).fetch), port);
}

async function listen(handler: RequestListener, port: number): Promise<Listening> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  const { port: found } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${found}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };
}
