import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidArgumentError } from '@norikv/store';
import { checkFunction, checkObject, checkOptions, checkText, refuse } from '@norikv/store/checks';
import { TenantMismatchError, TenantRequiredError } from './errors.js';
import type { TenantClient } from './tenant-client.js';
import type { TenantManager } from './tenant-manager.js';
import type { TenantMetadata } from './tenant-record.js';

/** How a request is matched to its tenant. At least one of `claim`, `hosts` and `header` must be given. */
export interface TenantResolution<Incoming> {
  /** The tenant id in a claim that was verified before: of a session or a signed token. */
  readonly claim?: ((request: Incoming) => string | undefined | Promise<string | undefined>) | undefined;
  /** Tenant ids by host name, in lower case and without a port. Other hosts name no tenant. */
  readonly hosts?: Readonly<Record<string, string>> | undefined;
  /**
   * A header that names the tenant. Only behind a proxy of your own that sets it and removes what clients send:
   * say so with `trusted: true`.
   */
  readonly header?: { readonly name: string; readonly trusted: true } | undefined;
}

/** The tenant of the request that is being handled. */
export interface CurrentTenant {
  readonly client: TenantClient;
  readonly metadata: TenantMetadata;
}

/** What the resolver needs to see of a request. */
export interface RequestView<Incoming> {
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
export class TenantContext<Incoming> {
  readonly #manager: TenantManager;
  readonly #resolution: TenantResolution<Incoming>;
  readonly #hosts: ReadonlyMap<string, string>;
  readonly #storage = new AsyncLocalStorage<CurrentTenant>();

  /**
   * @throws InvalidArgumentError if there is no way to find a tenant, for a header that is not said to be trusted, and
   * for what is misspelt: a host that never matches would not be missed.
   */
  constructor(manager: TenantManager, resolution: TenantResolution<Incoming>) {
    const {
      claim,
      hosts = {},
      header,
    } = checkOptions(resolution, ['claim', 'hosts', 'header'], 'resolution');
    if (claim) checkFunction('claim', claim);
    const names = Object.keys(checkObject('hosts', hosts));
    for (const host of names) {
      if (host !== nameOf(host)) refuse('a name in hosts', host, JSON.stringify(nameOf(host)));
    }
    if (!claim && names.length === 0 && !header) {
      throw new InvalidArgumentError('claim, hosts and header are missing; give at least one of them');
    }
    if (header) {
      checkOptions(header, ['name', 'trusted'], 'header');
      checkText('header.name', header.name, 256);
    }
    if (header && header.trusted !== true) {
      throw new InvalidArgumentError(
        `header "${header.name}" is not said to be trusted; any client can send it. ` +
          'Set trusted: true only behind a proxy that removes what clients send',
      );
    }
    this.#manager = manager;
    // Copies: what is changed later was not checked.
    this.#resolution = { claim, header: header && { ...header } };
    this.#hosts = new Map(Object.entries(hosts));
  }

  /** The tenant of the request that is being handled. */
  current(): CurrentTenant {
    const current = this.#storage.getStore();
    if (current) return current;
    throw new TenantRequiredError('no tenant here; call this while a request with a tenant is handled');
  }

  /** Runs work as a tenant: for jobs without a request. */
  async runAs<Result>(tenantId: string, work: () => Promise<Result>): Promise<Result> {
    const current = await this.#load(tenantId);
    return this.#storage.run(current, work);
  }

  /** Runs the rest of a request as its tenant. */
  run<Result>(current: CurrentTenant, work: () => Result): Result {
    return this.#storage.run(current, work);
  }

  /**
   * The tenant of a request.
   *
   * @throws TenantRequiredError (400) if nothing names one.
   * @throws TenantMismatchError (403) if two things name different ones.
   * @throws TenantNotFoundError (404), TenantSuspendedError (403).
   */
  async resolve(view: RequestView<Incoming>): Promise<CurrentTenant> {
    const { claim, header } = this.#resolution;
    const claimed = await claim?.(view.request);
    // A host alone proves nothing about the caller: where there are claims, everybody needs one.
    if (claim && !claimed) throw new TenantRequiredError('the request proves no tenant');
    const named = [
      claimed,
      this.#hosts.get(nameOf(view.host ?? '')),
      header && view.header(header.name),
    ].filter((tenantId) => tenantId !== undefined && tenantId !== '');
    const [tenantId] = named;
    if (tenantId === undefined) throw new TenantRequiredError('the request names no tenant');
    if (new Set(named).size > 1) throw new TenantMismatchError('the request names more than one tenant');
    return this.#load(tenantId);
  }

  async #load(tenantId: string): Promise<CurrentTenant> {
    const client = await this.#manager.getClient(tenantId);
    return { client, metadata: await this.#manager.getRecent(tenantId) };
  }
}

/** A host without its port, in lower case. */
function nameOf(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, '');
}
