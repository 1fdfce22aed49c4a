export {
  TenantError,
  TenantExistsError,
  TenantLimitError,
  TenantMismatchError,
  TenantNotFoundError,
  TenantRequiredError,
  TenantSuspendedError,
} from './errors.js';
export { adoptLegacy, legacyTenantKey, readLegacy } from './legacy.js';
export type { TenantManagerOptions } from './manager-options.js';
export { documentedPlans, type TenantLimits, type TenantPlans } from './plans.js';
export { type FullStore, ScopedStore } from './scoped-store.js';
export { TenantClient } from './tenant-client.js';
export {
  type CurrentTenant,
  type RequestView,
  TenantContext,
  type TenantResolution,
} from './tenant-context.js';
export { TenantManager } from './tenant-manager.js';
export type { TenantMetadata, TenantStatus, Usage } from './tenant-record.js';
