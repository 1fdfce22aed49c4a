import { asError } from './as-error.js';
import type { TenantClient } from './tenant-client.js';
import type { CurrentTenant, TenantContext } from './tenant-context.js';
import type { TenantMetadata } from './tenant-record.js';

/** What the middleware uses of a request of Express 4 or 5, and adds to it. */
export interface ExpressTenantRequest {
  readonly hostname?: string | undefined;
  /** A header. */
  get(name: string): string | string[] | undefined;
  tenantClient?: TenantClient;
  tenantMetadata?: TenantMetadata;
}

/**
 * Makes an Express middleware that sets `request.tenantClient` and `request.tenantMetadata`, and what
 * `TenantContext.current` gives. Errors carry `statusCode`, so Express answers 400, 403 or 404.
 *
 * `request.hostname` is the host unless `trust proxy` is set: set it to your own proxies alone.
 *
 * @example
 * ```ts
 * app.use('/api', expressTenant(tenancy));
 * ```
 */
export function expressTenant<Incoming extends ExpressTenantRequest>(
  context: TenantContext<Incoming>,
): (request: Incoming, response: unknown, next: (error?: unknown) => void) => Promise<void> {
  return async (request, _response, next) => {
    const header = (name: string): string | undefined => request.get(name)?.toString();
    let current: CurrentTenant;
    try {
      current = await context.resolve({ request, host: request.hostname, header });
    } catch (error) {
      return next(asError(error));
    }
    request.tenantClient = current.client;
    request.tenantMetadata = current.metadata;
    context.run(current, next);
  };
}
