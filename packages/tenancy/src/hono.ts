import { isNoriKVError } from '@norikv/store';
import type { CurrentTenant, TenantContext } from './tenant-context.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoTenantContext {
  readonly req: { readonly url: string; header(name: string): string | undefined };
  json(body: { readonly error: string }, status: 400 | 403 | 404): Response;
}

/**
 * Makes a Hono middleware. What handles the request finds its tenant with `TenantContext.current`. A request
 * without a tenant is answered with 400, 403 or 404.
 *
 * @example
 * ```ts
 * app.use(honoTenant(tenancy));
 * ```
 */
export function honoTenant<Context extends HonoTenantContext>(
  context: TenantContext<Context>,
): (request: Context, next: () => Promise<void>) => Promise<Response | undefined> {
  return async (request, next) => {
    const header = (name: string): string | undefined => request.req.header(name);
    const { hostname } = new URL(request.req.url);
    let current: CurrentTenant;
    try {
      current = await context.resolve({ request, host: hostname, header });
    } catch (error) {
      const status = statusOf(error);
      if (status === undefined || !isNoriKVError(error)) throw error;
      return request.json({ error: error.message }, status);
    }
    await context.run(current, next);
    return undefined;
  };
}

function statusOf(error: unknown): 400 | 403 | 404 | undefined {
  const { statusCode } = error as { statusCode?: unknown };
  return statusCode === 400 || statusCode === 403 || statusCode === 404 ? statusCode : undefined;
}
