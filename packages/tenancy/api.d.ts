// express.d.ts

import { T as TenantClient, a as TenantMetadata, b as TenantContext } from './tenant-context.js';
import '@norikv/store';
import '@norikv/cas-retry';

/** What the middleware uses of a request of Express 4 or 5, and adds to it. */
interface ExpressTenantRequest {
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
declare function expressTenant<Incoming extends ExpressTenantRequest>(context: TenantContext<Incoming>): (request: Incoming, response: unknown, next: (error?: unknown) => void) => Promise<void>;

export { type ExpressTenantRequest, expressTenant };

// fastify.d.ts

import { b as TenantContext } from './tenant-context.js';
import '@norikv/store';
import '@norikv/cas-retry';

/** What the hook uses of a request of Fastify 4 or 5. */
interface FastifyTenantRequest {
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
declare function fastifyTenant<Incoming extends FastifyTenantRequest>(context: TenantContext<Incoming>): (request: Incoming, reply: unknown, done: (error?: Error) => void) => void;

export { type FastifyTenantRequest, fastifyTenant };

// hono.d.ts

import { b as TenantContext } from './tenant-context.js';
import '@norikv/store';
import '@norikv/cas-retry';

/** What the middleware uses of a context of Hono 4. */
interface HonoTenantContext {
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
declare function honoTenant<Context extends HonoTenantContext>(context: TenantContext<Context>): (request: Context, next: () => Promise<void>) => Promise<void>;

export { type HonoTenantContext, honoTenant };

// index.d.ts

import { NoriKVError, ErrorFacts, KvStore, Entry } from '@norikv/store';
export { C as CurrentTenant, F as FullStore, R as RequestView, S as ScopedStore, T as TenantClient, b as TenantContext, c as TenantLimits, d as TenantManager, e as TenantManagerOptions, a as TenantMetadata, f as TenantPlans, g as TenantResolution, h as TenantStatus, U as Usage, i as documentedPlans } from './tenant-context.js';
import '@norikv/cas-retry';

/** An error a request can be answered with: Express and Fastify do by `statusCode`, Hono by `getResponse`. */
declare abstract class TenantError extends NoriKVError {
    abstract readonly statusCode: number;
    /** What Hono answers with. */
    getResponse(): Response;
}
/** A tenant of this name exists. Nothing was changed. Answered with 409. */
declare class TenantExistsError extends TenantError {
    static readonly code: string;
    readonly statusCode: number;
}
/** There is no such tenant, or no longer. Answered with 404. */
declare class TenantNotFoundError extends TenantError {
    static readonly code: string;
    readonly statusCode: number;
}
/** The tenant is suspended: nothing is read or written for it. Answered with 403. */
declare class TenantSuspendedError extends TenantError {
    static readonly code: string;
    readonly statusCode: number;
}
/** A limit of the tenant's plan would be exceeded. Nothing was written. Answered with 429. */
declare class TenantLimitError extends TenantError {
    static readonly code: string;
    readonly statusCode: number;
    /** Which limit: the name of the field in the plan. */
    readonly limit: string;
    constructor(message: string, facts: ErrorFacts & {
        readonly limit: string;
    });
}
/** A request names no tenant. Answered with 400. */
declare class TenantRequiredError extends TenantError {
    static readonly code: string;
    readonly statusCode: number;
}
/** A request names two different tenants, or one it may not have. Answered with 403. */
declare class TenantMismatchError extends TenantError {
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
 * Moves such a key into the tenant's own part of the store. May be repeated, and raced by others that adopt or write it;
 * a delete in the tenant's part that races with it may be undone. A ttl is not kept: a store does not tell it; give one
 * if the key should have one.
 *
 * @returns false if there is no old key. A key that the tenant has already is not overwritten.
 */
declare function adoptLegacy(client: KvStore, tenant: KvStore & {
    getTenantId(): string;
}, key: string, options?: {
    readonly ttlMs?: number | undefined;
}): Promise<boolean>;

export { TenantError, TenantExistsError, TenantLimitError, TenantMismatchError, TenantNotFoundError, TenantRequiredError, TenantSuspendedError, adoptLegacy, legacyTenantKey, readLegacy };

// tenant-context.d.ts

import { KvStore, VectorStore, Key, GetOptions, Entry, Capabilities, Value, PutOptions, Version, DeleteOptions, DistanceFunction, VectorIndexType, VectorWriteOptions, VectorSearchOptions, VectorSearchResult, VectorGetOptions, Clock } from '@norikv/store';
import { UpdaterOptions } from '@norikv/cas-retry';

/** A store with every call there is. */
interface FullStore extends KvStore, VectorStore {
    /** Reads a key, or returns null. */
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
}
/**
 * A part of a store that holds the keys behind one prefix, and cannot reach any other.
 *
 * It is made of calls to the store, not of the store's object: what is not written here does not exist. Every
 * key, idempotency key and vector namespace gets the prefix; answers and errors do not show it.
 *
 * @example
 * ```ts
 * const drafts = new ScopedStore(store, 'drafts/');
 * await drafts.put('7', 'text');  // writes drafts/7
 * ```
 */
declare class ScopedStore implements FullStore {
    #private;
    readonly capabilities: Capabilities | undefined;
    /**
     * @param prefix - must be the beginning of no other prefix in use, nor of any key outside.
     * @throws InvalidArgumentError if it is empty, not well-formed Unicode, or leaves no room for a key.
     */
    constructor(store: KvStore & Partial<VectorStore>, prefix: string);
    get(key: Key, options?: GetOptions): Promise<Entry>;
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
    vectorCreateIndex(namespace: string, dimensions: number, distance: DistanceFunction, indexType?: VectorIndexType, options?: VectorWriteOptions): Promise<boolean>;
    vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean>;
    vectorInsert(namespace: string, id: string, vector: readonly number[] | Float32Array, options?: VectorWriteOptions): Promise<Version>;
    vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean>;
    vectorSearch(namespace: string, query: readonly number[] | Float32Array, k: number, options?: VectorSearchOptions): Promise<VectorSearchResult>;
    vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null>;
}

/**
 * A tenant's part of a store, as a full store: every pattern runs inside it.
 *
 * No key, idempotency key or vector namespace of one tenant is one of another, whatever their names. The key
 * budget in `capabilities` is what is left for the tenant's own keys. This is a convention that this client
 * keeps, not access control: who holds the store itself reaches everything.
 *
 * @example
 * ```ts
 * const acme = new TenantClient(store, 'acme');
 * await acme.put('config', 'dark');
 * ```
 */
declare class TenantClient implements FullStore {
    #private;
    readonly capabilities: Capabilities | undefined;
    /**
     * @param scoped - used by `TenantManager`: the part of the store it allocated. Without it, the part is named
     * by the tenant id, which must then never be given to somebody else.
     * @throws InvalidArgumentError if the id is empty or not well-formed Unicode.
     */
    constructor(client: KvStore & Partial<VectorStore>, tenantId: string, scoped?: FullStore);
    /** Whose part of the store this is. */
    getTenantId(): string;
    get(key: Key, options?: GetOptions): Promise<Entry>;
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    put(key: Key, value: Value, options?: PutOptions): Promise<Version>;
    delete(key: Key, options?: DeleteOptions): Promise<boolean>;
    vectorCreateIndex(namespace: string, dimensions: number, distance: DistanceFunction, indexType?: VectorIndexType, options?: VectorWriteOptions): Promise<boolean>;
    vectorDropIndex(namespace: string, options?: VectorWriteOptions): Promise<boolean>;
    vectorInsert(namespace: string, id: string, vector: readonly number[] | Float32Array, options?: VectorWriteOptions): Promise<Version>;
    vectorDelete(namespace: string, id: string, options?: VectorWriteOptions): Promise<boolean>;
    vectorSearch(namespace: string, query: readonly number[] | Float32Array, k: number, options?: VectorSearchOptions): Promise<VectorSearchResult>;
    vectorGet(namespace: string, id: string, options?: VectorGetOptions): Promise<number[] | null>;
}

/** The limits of a tenant. What is missing is not limited. */
interface TenantLimits {
    /** Keys without a ttl that the tenant may have. */
    readonly maxKeys?: number | undefined;
    /** Megabytes (1,048,576 bytes) of values under such keys. */
    readonly maxStorageMB?: number | undefined;
    readonly maxValueBytes?: number | undefined;
    /** The longest ttl in milliseconds. */
    readonly maxTtlMs?: number | undefined;
    /** Operations per second, with bursts of one second's worth, in each process; divided by `instances`. */
    readonly operationsPerSecond?: number | undefined;
}
/** Plans by name. A tenant whose plan is not there gets the limits of `free`. */
type TenantPlans = Readonly<Record<string, TenantLimits>> & {
    readonly free: TenantLimits;
};
/** The plans of the documentation. */
declare const documentedPlans: TenantPlans;

/** Whether a tenant is served. `deleted` stays as a mark, so that no old name leads to it again. */
type TenantStatus = 'active' | 'suspended' | 'deleted';
/** What is known of a tenant. */
interface TenantMetadata {
    readonly id: string;
    readonly name: string;
    readonly plan: string;
    /** Wall-clock time in milliseconds. */
    readonly createdAt: number;
    readonly limits: TenantLimits;
    readonly status: TenantStatus;
    /** The part of the store that was allocated: another one each time a tenant is created. */
    readonly space: string;
    /** The id it is being renamed to, which nobody else can have meanwhile. */
    readonly renamingTo?: string | undefined;
}
/** What a tenant has used of what can be counted. */
interface Usage {
    readonly keys: number;
    readonly bytes: number;
}

/** Options of `TenantManager`. */
interface TenantManagerOptions extends Pick<UpdaterOptions, 'deadlineMs' | 'random'> {
    /** Begins every key in the store, with `.` or `/` behind it; without either in it. Default `t`. */
    readonly prefix?: string | undefined;
    /** Default: the plans of the documentation, free, pro and enterprise. */
    readonly plans?: TenantPlans | undefined;
    /**
     * How long a client goes on after its tenant was suspended, deleted or given another plan by another process,
     * in milliseconds. Default 5,000. In the process that changes it, 0.
     */
    readonly maxStatusAgeMs?: number | undefined;
    /** How many processes share `operationsPerSecond`. Default 1: each grants the whole limit. */
    readonly instances?: number | undefined;
    /** Keys and bytes that a process takes from the limits at a time. Default 0: exactly what is needed. */
    readonly chunk?: Partial<Usage> | undefined;
    /**
     * How many tenants are remembered in memory. Default 10,000. With more in use at a time, `operationsPerSecond`
     * starts anew for one that was forgotten.
     */
    readonly maxTenants?: number | undefined;
    readonly clock?: Clock | undefined;
}

/**
 * Creates tenants and hands out their clients.
 *
 * A tenant gets a part of the store that never belonged to anybody else; its id only leads there. So a tenant
 * can be renamed without moving a key, and one that is created again starts empty.
 *
 * @example
 * ```ts
 * const tenants = new TenantManager(store);
 * await tenants.create('acme', 'Acme Corp', 'pro');
 * const acme = await tenants.getClient('acme');
 * ```
 */
declare class TenantManager {
    #private;
    /**
     * @throws UnsupportedError if the store does not declare what this stands on.
     * @throws InvalidArgumentError naming the option that is wrong.
     */
    constructor(client: KvStore & Partial<VectorStore>, options?: TenantManagerOptions);
    /**
     * Creates a tenant, in an empty part of the store of its own.
     *
     * @throws TenantExistsError if there is one of this id that was not deleted.
     * @throws InvalidArgumentError for a plan that is neither in `plans` nor of the documentation.
     */
    create(tenantId: string, name: string, plan: string): Promise<TenantMetadata>;
    /** What is known of a tenant, read from the store; null if there is none, or it was deleted. */
    get(tenantId: string): Promise<TenantMetadata | null>;
    /**
     * The client of a tenant. It obeys the tenant's status and limits as they are `maxStatusAgeMs` ago at most.
     *
     * @throws TenantNotFoundError if there is no such tenant.
     * @throws TenantSuspendedError if it is suspended.
     */
    getClient(tenantId: string): Promise<TenantClient>;
    /**
     * What is known of a tenant, `maxStatusAgeMs` old at most.
     *
     * @throws TenantNotFoundError if there is no such tenant.
     */
    getRecent(tenantId: string): Promise<TenantMetadata>;
    /**
     * All tenants that were not deleted, in the order they were created. Two reads for each of them, one for each that was
     * deleted, one after the other. One that is created meanwhile may be missing.
     */
    list(): AsyncGenerator<TenantMetadata, void>;
    /** Gives a tenant another plan. As in `create`, there must be one of that name. */
    setPlan(tenantId: string, plan: string): Promise<TenantMetadata>;
    /** Stops serving a tenant; its keys stay. */
    suspend(tenantId: string): Promise<TenantMetadata>;
    /** Serves a suspended tenant again. */
    resume(tenantId: string): Promise<TenantMetadata>;
    /**
     * Gives a tenant another id; no key moves. If it fails half-way, exactly one of the ids leads to the tenant;
     * calling it again finishes.
     *
     * @throws TenantExistsError if another tenant has the new id.
     * @throws ContentionError if another rename of the tenant was begun meanwhile. This one changed nothing.
     */
    rename(tenantId: string, newId: string): Promise<TenantMetadata>;
    /**
     * Deletes a tenant, in constant time: nothing leads to its part of the store any more, and that part is never
     * given to another. Its values stay on disk until they expire, or `sweep` removes them.
     */
    delete(tenantId: string): Promise<TenantMetadata>;
    /**
     * Removes the keys of a deleted tenant that the caller knows of: the store has no scan.
     *
     * @param space - from the metadata that `delete` returned.
     * @returns how many keys were there.
     * @throws InvalidArgumentError if that part of the store belongs to a tenant that is not deleted.
     */
    sweep(space: string, keys: Iterable<Key> | AsyncIterable<Key>): Promise<number>;
    /** What a tenant has taken of its countable limits, chunks of processes included. */
    usage(tenantId: string): Promise<Usage>;
    /** Corrects what a tenant has used, after a count of your own. */
    setUsage(tenantId: string, usage: Usage): Promise<void>;
    /** Gives back what this process took of limits and did not use. Clients go on working, and take no chunks any more. */
    close(): Promise<void>;
    /** The same as `close`. */
    [Symbol.asyncDispose](): Promise<void>;
}

/** How a request is matched to its tenant. At least one of `claim`, `hosts` and `header` must be given. */
interface TenantResolution<Incoming> {
    /** The tenant id in a claim that was verified before: of a session or a signed token. */
    readonly claim?: ((request: Incoming) => string | undefined | Promise<string | undefined>) | undefined;
    /** Tenant ids by host name, in lower case and without a port. Other hosts name no tenant. */
    readonly hosts?: Readonly<Record<string, string>> | undefined;
    /**
     * A header that names the tenant. Only behind a proxy of your own that sets it and removes what clients send:
     * say so with `trusted: true`.
     */
    readonly header?: {
        readonly name: string;
        readonly trusted: true;
    } | undefined;
}
/** The tenant of the request that is being handled. */
interface CurrentTenant {
    readonly client: TenantClient;
    readonly metadata: TenantMetadata;
}
/** What the resolver needs to see of a request. */
interface RequestView<Incoming> {
    readonly request: Incoming;
    readonly host: string | undefined;
    /** A header of the request, whatever the case of its name. */
    header(name: string): string | undefined;
}
/**
 * Finds the tenant of a request and remembers it while the request is handled.
 *
 * @example
 * ```ts
 * const tenancy = new TenantContext(tenants, { claim: (request: Request) => request.session.tenantId });
 * app.use('/api', expressTenant(tenancy));
 * app.get('/api/notes/:id', (request) => tenancy.current().client.get(request.params.id));
 * ```
 */
declare class TenantContext<Incoming> {
    #private;
    /**
     * @throws InvalidArgumentError if there is no way to find a tenant, for a header that is not said to be trusted, and
     * for what is misspelt: a host that never matches would not be missed.
     */
    constructor(manager: TenantManager, resolution: TenantResolution<Incoming>);
    /** The tenant of the request that is being handled. */
    current(): CurrentTenant;
    /** Runs work as a tenant: for jobs without a request. */
    runAs<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result>;
    /** Runs the rest of a request as its tenant. */
    run<Result>(current: CurrentTenant, work: () => Result): Result;
    /**
     * The tenant of a request.
     *
     * @throws TenantRequiredError (400) if nothing names one.
     * @throws TenantMismatchError (403) if two things name different ones.
     * @throws TenantNotFoundError (404), TenantSuspendedError (403).
     */
    resolve(view: RequestView<Incoming>): Promise<CurrentTenant>;
}

export { type CurrentTenant as C, type FullStore as F, type RequestView as R, ScopedStore as S, TenantClient as T, type Usage as U, type TenantMetadata as a, TenantContext as b, type TenantLimits as c, TenantManager as d, type TenantManagerOptions as e, type TenantPlans as f, type TenantResolution as g, type TenantStatus as h, documentedPlans as i };
