import { createUpdater, type Updater, write } from '@norikv/cas-retry';
import {
  type Clock,
  InvalidArgumentError,
  type Key,
  type KvStore,
  requireCapabilities,
  type VectorStore,
} from '@norikv/store';
import { checkObject, checkString, checkWhole } from '@norikv/store/checks';
import { tenantExists } from './errors.js';
import { layout } from './layout.js';
import { settingsOf, type TenantManagerOptions } from './manager-options.js';
import { encodeName } from './names.js';
import { checkPlan, limitsOf, type TenantPlans } from './plans.js';
import { type ChangeRecord, rename } from './rename.js';
import { ScopedStore } from './scoped-store.js';
import { activeTenant, foundTenant, ServedTenants } from './served-tenants.js';
import { Tenancies } from './tenancies.js';
import type { TenantClient } from './tenant-client.js';
import {
  type TenantMetadata,
  type TenantRecord,
  type TenantStatus,
  type Usage,
  usageCodec,
} from './tenant-record.js';
import { nothing } from './units.js';

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
export class TenantManager {
  readonly #store: KvStore & Partial<VectorStore>;
  readonly #updater: Updater;
  readonly #tenancies: Tenancies;
  readonly #plans: TenantPlans;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #served: ServedTenants;

  /**
   * @throws UnsupportedError if the store does not declare what this stands on.
   * @throws InvalidArgumentError naming the option that is wrong.
   */
  constructor(client: KvStore & Partial<VectorStore>, options: TenantManagerOptions = {}) {
    const settings = settingsOf(options);
    const { prefix, plans, clock, updater } = settings;
    requireCapabilities(client, 'TenantManager', [
      'atomicCas',
      'createIfAbsent',
      'deleteCas',
      'linearizableReads',
    ]);
    this.#store = client;
    this.#updater = createUpdater(client, updater);
    this.#tenancies = new Tenancies(this.#updater, settings);
    this.#plans = plans;
    this.#prefix = prefix;
    this.#clock = clock;
    this.#served = new ServedTenants(client, this.#updater, this.#tenancies, settings);
  }

  /**
   * Creates a tenant, in an empty part of the store of its own.
   *
   * @throws TenantExistsError if there is one of this id that was not deleted.
   * @throws InvalidArgumentError for a plan that is neither in `plans` nor of the documentation.
   */
  async create(tenantId: string, name: string, plan: string): Promise<TenantMetadata> {
    encodeName(tenantId);
    // What is no text would be lost in the record, and the record could not be read any more.
    checkString('name', name);
    checkPlan(this.#plans, plan);
    // What is allocated for one that is not to be stays behind.
    if (await this.#tenancies.look(tenantId)) throw tenantExists(tenantId);
    const record: TenantRecord = {
      id: tenantId,
      name,
      plan,
      createdAt: this.#clock.now(),
      status: 'active',
      space: await this.#tenancies.allocate(),
    };
    await this.#tenancies.write(record);
    if (!(await this.#tenancies.claim(tenantId, record.space))) {
      await this.#tenancies.write({ ...record, status: 'deleted' });
      throw tenantExists(tenantId);
    }
    return this.#metadata(record);
  }

  /** What is known of a tenant, read from the store; null if there is none, or it was deleted. */
  async get(tenantId: string): Promise<TenantMetadata | null> {
    const record = await this.#tenancies.look(tenantId);
    return record && this.#metadata(record);
  }

  /**
   * The client of a tenant. It obeys the tenant's status and limits as they are `maxStatusAgeMs` ago at most.
   *
   * @throws TenantNotFoundError if there is no such tenant.
   * @throws TenantSuspendedError if it is suspended.
   */
  async getClient(tenantId: string): Promise<TenantClient> {
    const { space } = activeTenant(tenantId, await this.#tenancies.recent(tenantId));
    return this.#served.client(tenantId, space);
  }

  /**
   * What is known of a tenant, `maxStatusAgeMs` old at most.
   *
   * @throws TenantNotFoundError if there is no such tenant.
   */
  async getRecent(tenantId: string): Promise<TenantMetadata> {
    return this.#metadata(foundTenant(tenantId, await this.#tenancies.recent(tenantId)));
  }

  /**
   * All tenants that were not deleted, in the order they were created. Two reads for each of them, one for each that was
   * deleted, one after the other. One that is created meanwhile may be missing.
   */
  async *list(): AsyncGenerator<TenantMetadata, void> {
    for await (const record of this.#tenancies.all()) yield this.#metadata(record);
  }

  /** Gives a tenant another plan. As in `create`, there must be one of that name. */
  async setPlan(tenantId: string, plan: string): Promise<TenantMetadata> {
    checkPlan(this.#plans, plan);
    return this.#change(tenantId, (record) => ({ ...record, plan }));
  }

  /** Stops serving a tenant; its keys stay. */
  suspend(tenantId: string): Promise<TenantMetadata> {
    return this.#change(tenantId, (record) => ({ ...record, status: 'suspended' }));
  }

  /** Serves a suspended tenant again. */
  resume(tenantId: string): Promise<TenantMetadata> {
    return this.#change(tenantId, (record) => ({ ...record, status: 'active' }));
  }

  /**
   * Gives a tenant another id; no key moves. If it fails half-way, exactly one of the ids leads to the tenant;
   * calling it again finishes.
   *
   * @throws TenantExistsError if another tenant has the new id.
   * @throws ContentionError if another rename of the tenant was begun meanwhile. This one changed nothing.
   */
  async rename(tenantId: string, newId: string): Promise<TenantMetadata> {
    encodeName(newId);
    const change: ChangeRecord = (changed) => this.#changeRecord(tenantId, changed);
    return this.#metadata(await rename(tenantId, newId, this.#tenancies, change));
  }

  /**
   * Deletes a tenant, in constant time: nothing leads to its part of the store any more, and that part is never
   * given to another. Its values stay on disk until they expire, or `sweep` removes them.
   */
  delete(tenantId: string): Promise<TenantMetadata> {
    return this.#change(tenantId, (record) => ({ ...record, status: 'deleted' }));
  }

  /**
   * Removes the keys of a deleted tenant that the caller knows of: the store has no scan.
   *
   * @param space - from the metadata that `delete` returned.
   * @returns how many keys were there.
   * @throws InvalidArgumentError if that part of the store belongs to a tenant that is not deleted.
   */
  async sweep(space: string, keys: Iterable<Key> | AsyncIterable<Key>): Promise<number> {
    const status: TenantStatus | undefined = await this.#tenancies.statusOf(space);
    if (status !== 'deleted') {
      throw new InvalidArgumentError(
        `space "${space}" is not of a deleted tenant; use what delete() returned`,
      );
    }
    const store = new ScopedStore(this.#store, layout.data(this.#prefix, space));
    let removed = 0;
    for await (const key of keys) if (await store.delete(key)) removed += 1;
    return removed;
  }

  /** What a tenant has taken of its countable limits, chunks of processes included. */
  async usage(tenantId: string): Promise<Usage> {
    const { space } = foundTenant(tenantId, await this.#tenancies.look(tenantId));
    return (await this.#updater.read(layout.usage(this.#prefix, space), usageCodec)) ?? { ...nothing };
  }

  /** Corrects what a tenant has used, after a count of your own. */
  async setUsage(tenantId: string, usage: Usage): Promise<void> {
    checkObject('usage', usage);
    const corrected = {
      keys: checkWhole('usage.keys', usage.keys, 0),
      bytes: checkWhole('usage.bytes', usage.bytes, 0),
    };
    const { space } = foundTenant(tenantId, await this.#tenancies.look(tenantId));
    await this.#updater.update(layout.usage(this.#prefix, space), usageCodec, () =>
      write(corrected, undefined),
    );
  }

  /** Gives back what this process took of limits and did not use. Clients go on working, and take no chunks any more. */
  async close(): Promise<void> {
    await this.#served.close();
  }

  /** The same as `close`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #change(tenantId: string, change: (record: TenantRecord) => TenantRecord): Promise<TenantMetadata> {
    return this.#metadata(await this.#changeRecord(tenantId, change));
  }

  async #changeRecord(
    tenantId: string,
    change: (record: TenantRecord) => TenantRecord,
  ): Promise<TenantRecord> {
    const { space } = foundTenant(tenantId, await this.#tenancies.look(tenantId));
    const changed = await this.#tenancies.change(space, (record) =>
      // Another process may have renamed or deleted it since.
      record.id === tenantId && record.status !== 'deleted' ? change(record) : undefined,
    );
    this.#tenancies.forget(tenantId);
    if (changed?.status === 'deleted') this.#served.forget(space);
    return foundTenant(tenantId, changed);
  }

  #metadata({ renames, ...known }: TenantRecord): TenantMetadata {
    return { ...known, limits: limitsOf(this.#plans, known.plan) };
  }
}
