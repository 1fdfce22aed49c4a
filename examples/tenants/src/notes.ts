import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { bytesToString } from '@norikv/store';
import type { TenantContext } from '@norikv/tenancy';
import { expressTenant } from '@norikv/tenancy/express';

/** What a request needs so that the middleware for Express fits a plain server of Node. */
export type NotesRequest = IncomingMessage & { get(name: string): string | undefined };

/** A service of notes. It never mentions tenants: it works with the store of the current one. */
export function createNotesServer(tenancy: TenantContext<NotesRequest>): Server {
  const withTenant = expressTenant(tenancy);
  return createServer((incoming, response) => {
    const get = (name: string): string | undefined => incoming.headers[name.toLowerCase()]?.toString();
    const request: NotesRequest = Object.assign(incoming, { get });
    const fail = (error: unknown): void => {
      const { statusCode = 500, message } = error as { statusCode?: number; message: string };
      response.writeHead(statusCode).end(message);
    };
    void withTenant(request, response, (error) => {
      if (error) fail(error);
      else handle(tenancy, request, response).catch(fail);
    });
  });
}

async function handle(
  tenancy: TenantContext<NotesRequest>,
  request: NotesRequest,
  response: ServerResponse,
): Promise<void> {
  const { client } = tenancy.current();
  const key = `note:${request.url ?? '/'}`;
  if (request.method === 'PUT') {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    await client.put(key, Buffer.concat(chunks));
    response.writeHead(204).end();
    return;
  }
  const note = await client.find(key);
  response.writeHead(note ? 200 : 404).end(note ? bytesToString(note.value) : 'no such note');
}
