import { type ErrorFacts, NoriKVError } from '@norikv/store';

/** An error a request can be answered with: Express and Fastify do by `statusCode`, Hono by `getResponse`. */
export abstract class TenantError extends NoriKVError {
  abstract readonly statusCode: number;

  /** What Hono answers with. */
  getResponse(): Response {
    return Response.json({ error: this.message }, { status: this.statusCode });
  }
}

/** A tenant of this name exists. Nothing was changed. Answered with 409. */
export class TenantExistsError extends TenantError {
  static override readonly code: string = 'TENANT_EXISTS';
  readonly statusCode: number = 409;
}

/** There is no such tenant, or no longer. Answered with 404. */
export class TenantNotFoundError extends TenantError {
  static override readonly code: string = 'TENANT_NOT_FOUND';
  readonly statusCode: number = 404;
}

/** The tenant is suspended: nothing is read or written for it. Answered with 403. */
export class TenantSuspendedError extends TenantError {
  static override readonly code: string = 'TENANT_SUSPENDED';
  readonly statusCode: number = 403;
}

/** A limit of the tenant's plan would be exceeded. Nothing was written. Answered with 429. */
export class TenantLimitError extends TenantError {
  static override readonly code: string = 'TENANT_LIMIT';
  readonly statusCode: number = 429;
  /** Which limit: the name of the field in the plan. */
  readonly limit: string;
  constructor(message: string, facts: ErrorFacts & { readonly limit: string }) {
    super(message, facts);
    this.limit = facts.limit;
  }
}

/** A request names no tenant. Answered with 400. */
export class TenantRequiredError extends TenantError {
  static override readonly code: string = 'TENANT_REQUIRED';
  readonly statusCode: number = 400;
}

/** A request names two different tenants, or one it may not have. Answered with 403. */
export class TenantMismatchError extends TenantError {
  static override readonly code: string = 'TENANT_MISMATCH';
  readonly statusCode: number = 403;
}

/** The error of an id that leads to a tenant. */
export function tenantExists(tenantId: string): TenantExistsError {
  return new TenantExistsError(`Tenant exists: ${tenantId}`);
}
