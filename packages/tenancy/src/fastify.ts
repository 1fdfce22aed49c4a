import { asError } from './as-error.js';
import type { TenantContext } from './tenant-context.js';

/** What the hook uses of a request of Fastify 4 or 5. */
export interface FastifyTenantRequest {
  readonly hostname: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Makes a Fastify hook, for `onRequest`, or for `preHandler` where the claim is verified in a hook before. What
 * handles the request finds its tenant with `TenantContext.current`. Errors carry `statusCode`, so Fastify
 * answers 400, 403 or 404.
 *
 * `request.hostname` is the host unless `trustProxy` is set: set it to your own proxies alone.
 *
 * @example
 * ```ts
 * app.addHook('onRequest', fastifyTenant(tenancy));
 * ```
 */
export function fastifyTenant<Incoming extends FastifyTenantRequest>(
  context: TenantContext<Incoming>,
): (request: Incoming, reply: unknown, done: (error?: Error) => void) => void {
  return (request, _reply, done) => {
    const header = (name: string): string | undefined => request.headers[name.toLowerCase()]?.toString();
    // With a callback, and not as a promise, so that what follows runs inside the context.
    context.resolve({ request, host: request.hostname, header }).then(
      (current) => context.run(current, () => done()),
      (error) => done(asError(error)),
    );
  };
}
