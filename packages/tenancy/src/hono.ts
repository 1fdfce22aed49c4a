import type { TenantContext } from './tenant-context.js';

/** What the middleware uses of a context of Hono 4. */
export interface HonoTenantContext {
  readonly req: {
    readonly url: string;
    /** A header of the request. */
    header(name: string): string | undefined;
  };
}

/**
 * Makes a Hono middleware. What handles the request finds its tenant with `TenantContext.current`. Errors carry
 * `getResponse`, so Hono (from 4.5) answers 400, 403 or 404, and 429 for a limit. An `onError` of your own sees them.
 *
 * @example
 * ```ts
 * app.use(honoTenant(tenancy));
 * ```
 */
export function honoTenant<Context extends HonoTenantContext>(
  context: TenantContext<Context>,
): (request: Context, next: () => Promise<void>) => Promise<void> {
  return async (request, next) => {
    const header = (name: string): string | undefined => request.req.header(name);
    const { hostname } = new URL(request.req.url);
    const current = await context.resolve({ request, host: hostname, header });
    await context.run(current, next);
  };
}
