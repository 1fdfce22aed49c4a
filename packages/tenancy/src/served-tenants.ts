import type { Updater } from '@norikv/cas-retry';
import type { KvStore, VectorStore } from '@norikv/store';
import { TenantNotFoundError, TenantSuspendedError } from './errors.js';
import { layout } from './layout.js';
import { type Admission, ManagedStore } from './managed-store.js';
import type { Settings } from './manager-options.js';
import { Pace } from './pace.js';
import { limitsOf } from './plans.js';
import { ScopedStore } from './scoped-store.js';
import type { Tenancies } from './tenancies.js';
import { TenantClient } from './tenant-client.js';
import type { TenantRecord } from './tenant-record.js';
import { UsageLedger } from './usage.js';

interface Served {
  readonly client: TenantClient;
  readonly ledger: UsageLedger;
  readonly pace: Pace;
}

/** The clients this process handed out: one for each part of the store, so that its limits are counted once. */
export class ServedTenants {
  readonly #store: KvStore & Partial<VectorStore>;
  readonly #updater: Updater;
  readonly #tenancies: Tenancies;
  readonly #settings: Settings;
  readonly #bySpace = new Map<string, Served>();

  constructor(
    store: KvStore & Partial<VectorStore>,
    updater: Updater,
    tenancies: Tenancies,
    settings: Settings,
  ) {
    this.#store = store;
    this.#updater = updater;
    this.#tenancies = tenancies;
    this.#settings = settings;
  }

  client(tenantId: string, space: string): TenantClient {
    const { prefix, chunk, clock } = this.#settings;
    const known = this.#bySpace.get(space);
    if (known?.client.getTenantId() === tenantId) {
      this.#keep(space, known);
      return known.client;
    }
    const ledger = known?.ledger ?? new UsageLedger(this.#updater, layout.usage(prefix, space), chunk);
    const pace = known?.pace ?? new Pace(clock);
    const scoped = new ScopedStore(this.#store, layout.data(prefix, space));
    const managed = new ManagedStore(scoped, this.#admission(tenantId, space, pace), ledger, clock);
    const client = new TenantClient(this.#store, tenantId, managed);
    this.#keep(space, { client, ledger, pace });
    return client;
  }

  forget(space: string): void {
    this.#bySpace.delete(space);
  }

  /** One that cannot give back keeps the others from nothing. */
  async close(): Promise<void> {
    const served = [...this.#bySpace.values()];
    const closings = await Promise.allSettled(served.map(({ ledger }) => ledger.close()));
    for (const closing of closings) if (closing.status === 'rejected') throw closing.reason;
  }

  #admission(tenantId: string, space: string, pace: Pace): Admission {
    const { plans, instances } = this.#settings;
    return async () => {
      const record = activeTenant(tenantId, await this.#tenancies.recent(tenantId));
      // Deleted and created again: the client in hand is of the tenant before.
      if (record.space !== space) throw notFound(tenantId);
      const limits = limitsOf(plans, record.plan);
      if (limits.operationsPerSecond) pace.spend(limits.operationsPerSecond / instances);
      return limits;
    };
  }

  /** Who was asked for last comes last, so that the first can be forgotten. */
  #keep(space: string, served: Served): void {
    this.#bySpace.delete(space);
    this.#bySpace.set(space, served);
    for (const [oldest, { ledger }] of this.#bySpace) {
      if (this.#bySpace.size <= this.#settings.maxTenants) return;
      this.#bySpace.delete(oldest);
      // Who still holds the client goes on with its ledger; what cannot be given back is only unused.
      Promise.allSettled([ledger.close()]);
    }
  }
}

/** @throws TenantNotFoundError if there is none. */
export function foundTenant(tenantId: string, record: TenantRecord | undefined | null): TenantRecord {
  if (record) return record;
  throw notFound(tenantId);
}

/** @throws TenantNotFoundError, or TenantSuspendedError. */
export function activeTenant(tenantId: string, found: TenantRecord | null): TenantRecord {
  const record = foundTenant(tenantId, found);
  if (record.status === 'active') return record;
  throw new TenantSuspendedError(`Tenant suspended: ${tenantId}`);
}

export function notFound(tenantId: string): TenantNotFoundError {
  return new TenantNotFoundError(`Tenant not found: ${tenantId}`);
}
