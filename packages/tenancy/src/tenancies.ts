import { keep, type Updater, write } from '@norikv/cas-retry';
import { BoundedMap } from '@norikv/store/bounded-map';
import { layout } from './layout.js';
import type { Settings } from './manager-options.js';
import { encodeName } from './names.js';
import {
  counterCodec,
  nameCodec,
  type TenantRecord,
  type TenantStatus,
  tenantCodec,
} from './tenant-record.js';

interface Known {
  readonly record: TenantRecord | null;
  readonly asOf: number;
}

const spaceDigits = 10;

/** The records of tenants: an id leads to a part of the store, and the part to what is known of its tenant. */
export class Tenancies {
  readonly #updater: Updater;
  readonly #prefix: string;
  readonly #settings: Settings;
  readonly #known: BoundedMap<Known>;
  readonly #looks = new Map<string, Promise<Known>>();

  constructor(updater: Updater, settings: Settings) {
    this.#updater = updater;
    this.#prefix = settings.prefix;
    this.#settings = settings;
    this.#known = new BoundedMap(settings.maxTenants);
  }

  /** A part of the store that was never given to anybody. */
  async allocate(): Promise<string> {
    const next = await this.#updater.update(layout.next(this.#prefix), counterCodec, (last = 0) =>
      write(last + 1, last + 1),
    );
    return spaceOf(next);
  }

  /** The records of all that an id leads to. Others are of tenants that are deleted, or not there yet. */
  async *all(): AsyncGenerator<TenantRecord, void> {
    const last = (await this.#updater.read(layout.next(this.#prefix), counterCodec)) ?? 0;
    for (let part = 1; part <= last; part += 1) {
      const record = await this.#named(spaceOf(part));
      if (record) yield record;
    }
  }

  async write(record: TenantRecord): Promise<void> {
    await this.#updater.update(this.#recordKey(record.space), tenantCodec, () => write(record, undefined));
  }

  /** Makes an id lead to a part of the store. False if it leads to another tenant. */
  async claim(tenantId: string, space: string): Promise<boolean> {
    const key = this.#nameKey(tenantId);
    for (;;) {
      const current = await this.#updater.read(key, nameCodec);
      if (current && current.space !== space && (await this.#isOf(tenantId, current.space))) return false;
      const isClaimed = await this.#updater.update(key, nameCodec, (now) => {
        const isAsSeen = now?.space === current?.space && now?.claims === current?.claims;
        return isAsSeen || now?.space === space
          ? write({ space, claims: (now?.claims ?? 0) + 1 }, true)
          : keep(false);
      });
      this.forget(tenantId);
      if (isClaimed) return true;
    }
  }

  /** Changes a record, and returns what it then is; undefined if there is none, or `change` gives none. */
  change(
    space: string,
    change: (record: TenantRecord) => TenantRecord | undefined,
  ): Promise<TenantRecord | undefined> {
    return this.#updater.update(this.#recordKey(space), tenantCodec, (record) => {
      const changed = record && change(record);
      return changed ? write(changed, changed) : keep(undefined);
    });
  }

  async statusOf(space: string): Promise<TenantStatus | undefined> {
    return (await this.#updater.read(this.#recordKey(space), tenantCodec))?.status;
  }

  /** The record an id leads to now; null if there is none, or it was deleted. */
  async look(tenantId: string): Promise<TenantRecord | null> {
    const space = (await this.#updater.read(this.#nameKey(tenantId), nameCodec))?.space;
    if (space === undefined) return null;
    const record = await this.#updater.read(this.#recordKey(space), tenantCodec);
    return record && isLive(tenantId, record) ? record : null;
  }

  /** The record as it was `maxStatusAgeMs` ago at most. Calls at the same time share a look. */
  async recent(tenantId: string): Promise<TenantRecord | null> {
    const oldest = this.#settings.clock.monotonic() - this.#settings.maxStatusAgeMs;
    for (;;) {
      const known = this.#known.get(tenantId);
      if (known && known.asOf >= oldest) return known.record;
      const look = this.#looks.get(tenantId) ?? this.#startLook(tenantId);
      const { record, asOf } = await look;
      if (asOf >= oldest) return record;
    }
  }

  /** After a change of this process: the next call looks again. */
  forget(tenantId: string): void {
    this.#known.delete(tenantId);
    this.#looks.delete(tenantId);
  }

  #startLook(tenantId: string): Promise<Known> {
    const asOf = this.#settings.clock.monotonic();
    const look: Promise<Known> = this.look(tenantId)
      .then((record) => {
        const known = { record, asOf };
        // An id that leads nowhere is not kept: anybody could ask for many.
        if (record && this.#looks.get(tenantId) === look) this.#known.set(tenantId, known);
        return known;
      })
      .finally(() => {
        if (this.#looks.get(tenantId) === look) this.#looks.delete(tenantId);
      });
    this.#looks.set(tenantId, look);
    return look;
  }

  /** The record of a part of the store, if its id leads there. */
  async #named(space: string): Promise<TenantRecord | undefined> {
    for (let former: TenantRecord | undefined; ; ) {
      const record = await this.#updater.read(this.#recordKey(space), tenantCodec);
      if (!record || record.status === 'deleted') return undefined;
      // A rename may have ended between the two looks, and another tenant may have got the old id.
      if (former && record.id === former.id && record.renames === former.renames) return undefined;
      const name = await this.#updater.read(this.#nameKey(record.id), nameCodec);
      if (name?.space === space) return record;
      former = record;
    }
  }

  async #isOf(tenantId: string, space: string): Promise<boolean> {
    const record = await this.#updater.read(this.#recordKey(space), tenantCodec);
    if (!record || record.status === 'deleted') return false;
    return record.id === tenantId || record.renamingTo === tenantId;
  }

  #nameKey(tenantId: string): string {
    return layout.id(this.#prefix, encodeName(tenantId));
  }

  #recordKey(space: string): string {
    return layout.tenant(this.#prefix, space);
  }
}

function spaceOf(part: number): string {
  return part.toString(36).padStart(spaceDigits, '0');
}

function isLive(tenantId: string, { id, status }: TenantRecord): boolean {
  return id === tenantId && status !== 'deleted';
}
