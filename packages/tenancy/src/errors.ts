import { type ErrorFacts, NoriKVError } from '@norikv/store';

/** A tenant of this name exists. Nothing was changed. */
export class TenantExistsError extends NoriKVError {
  static override readonly code: string = 'TENANT_EXISTS';
  readonly statusCode: number = 409;
}

/** There is no such tenant, or no longer. Express and Fastify answer 404 by `statusCode`. */
export class TenantNotFoundError extends NoriKVError {
  static override readonly code: string = 'TENANT_NOT_FOUND';
  readonly statusCode: number = 404;
}

/** The tenant is suspended: nothing is read or written for it. */
export class TenantSuspendedError extends NoriKVError {
  static override readonly code: string = 'TENANT_SUSPENDED';
  readonly statusCode: number = 403;
}

/** A limit of the tenant's plan would be exceeded. Nothing was written. */
export class TenantLimitError extends NoriKVError {
  static override readonly code: string = 'TENANT_LIMIT';
  readonly statusCode: number = 429;
  /** Which limit: the name of the field in the plan. */
  readonly limit: string;
  constructor(message: string, facts: ErrorFacts & { readonly limit: string }) {
    super(message, facts);
    this.limit = facts.limit;
  }
}

/** A request names no tenant. Answer 400. */
export class TenantRequiredError extends NoriKVError {
  static override readonly code: string = 'TENANT_REQUIRED';
  readonly statusCode: number = 400;
}

/** A request names two different tenants, or one it may not have. Answer 403. */
export class TenantMismatchError extends NoriKVError {
  static override readonly code: string = 'TENANT_MISMATCH';
  readonly statusCode: number = 403;
}

/** The error of an id that leads to a tenant. */
export function tenantExists(tenantId: string): TenantExistsError {
  return new TenantExistsError(`Tenant exists: ${tenantId}`);
}
