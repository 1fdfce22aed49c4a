import { type Transition, type Updater, write } from '@norikv/cas-retry';
import { isNoriKVError } from '@norikv/store';
import type { CallBudget } from './call-budget.js';
import { TenantLimitError } from './errors.js';
import type { TenantLimits } from './plans.js';
import { type Usage, usageCodec } from './tenant-record.js';
import { excess, isNothing, lesser, minus, nothing, plus } from './units.js';

const megabyte = 1_048_576;

/** What was taken from the record. */
interface Grant extends Usage {
  /** Whether the record is within the limits, which a tenant may be above that got lower ones. */
  readonly isWithin: boolean;
}

/**
 * What a tenant uses of its keys and bytes.
 *
 * Every unit is taken from one record, by conditional writes, before it is used, so never more is used than the
 * limit. With a `chunk`, a process takes more at a time; what it does not use is lost to the tenant when the
 * process ends without `close`, until `setUsage` corrects it. Nothing is taken in advance after `close`.
 */
export class UsageLedger {
  readonly #updater: Updater;
  readonly #key: string;
  #chunk: Usage;
  /** Taken from the record and not used. */
  #spare: Usage = nothing;
  /** The limits that the record was seen to be within. Under others there may be no room for what is spare. */
  #within: TenantLimits | undefined;
  /** While a chunk is being taken: whether the limit had room for it. */
  #fetching: Promise<boolean> | undefined;

  constructor(updater: Updater, key: string, chunk: Usage) {
    this.#updater = updater;
    this.#key = key;
    this.#chunk = chunk;
  }

  /**
   * Takes units that are about to be used. Whoever gives up before they are there leaves none taken: the taking
   * itself goes on, as one cut off in the middle may have happened, and they are given back.
   *
   * @throws TenantLimitError if the limit has no room for them; then none are taken.
   */
  async take(need: Usage, limits: TenantLimits, budget: CallBudget): Promise<void> {
    let taking: Promise<void> | undefined;
    try {
      await budget.before(() => {
        taking = this.#take(need, limits);
        return taking;
      });
    } catch (error) {
      taking?.then(() => this.give(need)).catch(() => {});
      throw error;
    }
  }

  /** Gives back units that are certainly not used. */
  async give(units: Usage): Promise<void> {
    this.#spare = plus(this.#spare, units);
    const surplus = {
      keys: this.#spare.keys > 2 * this.#chunk.keys ? this.#spare.keys - this.#chunk.keys : 0,
      bytes: this.#spare.bytes > 2 * this.#chunk.bytes ? this.#spare.bytes - this.#chunk.bytes : 0,
    };
    await this.#return(surplus);
  }

  /** Gives back all that was taken and not used, chunks under way included. From then on only what is needed is taken. */
  async close(): Promise<void> {
    this.#chunk = nothing;
    await this.#fetching;
    await this.#returnAll();
  }

  /** Takes from what is left of earlier chunks, and the rest from the record. */
  async #take(need: Usage, limits: TenantLimits): Promise<void> {
    if (isNothing(need)) return;
    for (let isExact = false; ; ) {
      if (this.#within !== limits) await this.#returnAll();
      const drawn = this.#within === limits ? lesser(need, this.#spare) : nothing;
      const missing = minus(need, drawn);
      const size = isExact ? nothing : this.#chunk;
      const chunk = {
        keys: missing.keys > 0 ? size.keys : 0,
        bytes: missing.bytes > 0 ? size.bytes : 0,
      };
      const isChunked = chunk.keys > 0 || chunk.bytes > 0;
      if (isChunked && this.#fetching) {
        // Else each call at the same time would take a chunk of its own, and leave the others nothing.
        if (!(await this.#fetching)) isExact = true;
        continue;
      }
      this.#spare = minus(this.#spare, drawn);
      const fetched = this.#fetch(missing, chunk, limits);
      if (isChunked) this.#fetching = this.#endOf(fetched);
      try {
        return await fetched;
      } catch (error) {
        await Promise.allSettled([this.give(drawn)]);
        throw error;
      }
    }
  }

  async #endOf(fetched: Promise<void>): Promise<boolean> {
    try {
      await fetched;
      return true;
    } catch {
      return false;
    } finally {
      this.#fetching = undefined;
    }
  }

  async #fetch(need: Usage, chunk: Usage, limits: TenantLimits): Promise<void> {
    if (isNothing(need)) return;
    const { maxKeys = Infinity, maxStorageMB = Infinity } = limits;
    const grantOf: Transition<Usage, Grant> = (used = nothing) => {
      const room = {
        keys: Math.floor(maxKeys) - used.keys,
        bytes: Math.floor(maxStorageMB * megabyte) - used.bytes,
      };
      if (need.keys > Math.max(0, room.keys)) throw exceeded('maxKeys', maxKeys);
      if (need.bytes > Math.max(0, room.bytes)) throw exceeded('maxStorageMB', maxStorageMB);
      const grant = {
        keys: Math.max(need.keys, Math.min(chunk.keys, room.keys)),
        bytes: Math.max(need.bytes, Math.min(chunk.bytes, room.bytes)),
      };
      return write(plus(used, grant), { ...grant, isWithin: isNothing(excess(grant, room)) });
    };
    const granted = await this.#updater.update(this.#key, usageCodec, grantOf);
    this.#within = granted.isWithin ? limits : undefined;
    this.#spare = plus(this.#spare, minus(granted, need));
  }

  /** If it was certainly not given back, it is still there to repeat that. */
  async #returnAll(): Promise<void> {
    const spare = this.#spare;
    try {
      await this.#return(spare);
    } catch (error) {
      if (isNoriKVError(error) && error.outcome === 'not-applied') this.#spare = plus(this.#spare, spare);
      throw error;
    }
  }

  async #return(units: Usage): Promise<void> {
    if (isNothing(units)) return;
    this.#spare = minus(this.#spare, units);
    await this.#updater.update(this.#key, usageCodec, (used = nothing) =>
      // Usage that was corrected by hand meanwhile may be less than what is given back.
      write(excess(used, units), undefined),
    );
  }
}

function exceeded(limit: 'maxKeys' | 'maxStorageMB', value: number): TenantLimitError {
  return new TenantLimitError(`the tenant's limit of ${value} (${limit}) leaves no room; delete something`, {
    limit,
  });
}
