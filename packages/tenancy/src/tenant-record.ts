import { type Codec, jsonCodec } from '@norikv/cas-retry';
import type { TenantLimits } from './plans.js';

/** Whether a tenant is served. `deleted` stays as a mark, so that no old name leads to it again. */
export type TenantStatus = 'active' | 'suspended' | 'deleted';

/** What is known of a tenant. */
export interface TenantMetadata {
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

/** Limits are not part of it: they follow from the plan. */
export interface TenantRecord extends Omit<TenantMetadata, 'limits'> {
  /** How often a rename was begun: only the last one may end. */
  readonly renames?: number | undefined;
}

/** Where a tenant id leads. */
export interface NameRecord {
  readonly space: string;
  /** How often it was claimed: one that was given back and claimed again is not as it was. Absent in old records. */
  readonly claims?: number | undefined;
}

/** What a tenant has used of what can be counted. */
export interface Usage {
  readonly keys: number;
  readonly bytes: number;
}

export const tenantCodec: Codec<TenantRecord> = jsonCodec((data) => {
  const { id, name, plan, createdAt, status, space, renamingTo, renames } = data as Record<
    keyof TenantRecord,
    unknown
  >;
  const isStatus = status === 'active' || status === 'suspended' || status === 'deleted';
  if (![id, name, plan, space].every((text) => typeof text === 'string') || !isStatus) {
    throw new TypeError('no record of a tenant');
  }
  return {
    id,
    name,
    plan,
    createdAt,
    status,
    space,
    ...(renamingTo !== undefined && { renamingTo }),
    ...(renames !== undefined && { renames }),
  } as TenantRecord;
});

export const nameCodec: Codec<NameRecord> = jsonCodec((data) => {
  const { space, claims } = data as Partial<NameRecord>;
  const isCount = claims === undefined || Number.isSafeInteger(claims);
  if (typeof space !== 'string' || !isCount) throw new TypeError('no record of a tenant id');
  return { space, claims };
});

export const usageCodec: Codec<Usage> = jsonCodec((data) => {
  const { keys, bytes } = data as Partial<Usage>;
  if (!Number.isSafeInteger(keys) || !Number.isSafeInteger(bytes)) throw new TypeError('no record of usage');
  return { keys: Number(keys), bytes: Number(bytes) };
});

export const counterCodec: Codec<number> = jsonCodec((data) => {
  if (!Number.isSafeInteger(data)) throw new TypeError('no record of allocated parts');
  return Number(data);
});
