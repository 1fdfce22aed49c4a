import { NoriKVError, ErrorFacts, KvStore, Entry } from '@norikv/store';
export { C as CurrentTenant, F as FullStore, R as RequestView, S as ScopedStore, T as TenantClient, b as TenantContext, c as TenantLimits, d as TenantManager, e as TenantManagerOptions, a as TenantMetadata, f as TenantPlans, g as TenantResolution, h as TenantStatus, U as Usage, i as documentedPlans } from './tenant-context-7ErJ_Kbj.js';
import '@norikv/cas-retry';

/** A tenant of this name exists. Nothing was changed. */
declare class TenantExistsError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
}
/** There is no such tenant, or no longer. Express and Fastify answer 404 by `statusCode`. */
declare class TenantNotFoundError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
}
/** The tenant is suspended: nothing is read or written for it. */
declare class TenantSuspendedError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
}
/** A limit of the tenant's plan would be exceeded. Nothing was written. */
declare class TenantLimitError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
    /** Which limit: the name of the field in the plan. */
    readonly limit: string;
    constructor(message: string, facts: ErrorFacts & {
        readonly limit: string;
    });
}
/** A request names no tenant. Answer 400. */
declare class TenantRequiredError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
}
/** A request names two different tenants, or one it may not have. Answer 403. */
declare class TenantMismatchError extends NoriKVError {
    static readonly code: string;
    readonly statusCode: number;
}

/**
 * The key that the documentation's `TenantClient` made: `tenant:<id>:<key>`.
 *
 * @throws InvalidArgumentError if the id contains `:`. Such keys cannot be told from those of another tenant:
 * `a` with `b:x` and `a:b` with `x` are one key. So this is only safe where no tenant's id ever contained `:`.
 */
declare function legacyTenantKey(tenantId: string, key: string): string;
/** Reads a key that the documentation's `TenantClient` wrote; null if there is none. */
declare function readLegacy(client: KvStore, tenantId: string, key: string): Promise<Entry | null>;
/**
 * Moves such a key into the tenant's own part of the store. May be repeated and raced. A ttl is not kept: a
 * store does not tell it; give one if the key should have one.
 *
 * @returns false if there is no old key. A key that the tenant has already is not overwritten.
 */
declare function adoptLegacy(client: KvStore, tenant: KvStore & {
    getTenantId(): string;
}, key: string, options?: {
    readonly ttlMs?: number | undefined;
}): Promise<boolean>;

export { TenantExistsError, TenantLimitError, TenantMismatchError, TenantNotFoundError, TenantRequiredError, TenantSuspendedError, adoptLegacy, legacyTenantKey, readLegacy };
