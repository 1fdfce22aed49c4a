export type { Election, ElectionHealth, ElectOptions } from './election.js';
export {
  AcquireTimeoutError,
  LeaseLostError,
  type LossReason,
  SemaphoreLimitError,
  StaleTokenError,
} from './errors.js';
export type { LeaseEvent, LeaseListener } from './events.js';
export { Fence } from './fence.js';
export { type FencedOptions, type FencedValue, fencedGet, fencedPut, fencedSeal } from './fenced-put.js';
export type { Leader } from './leader.js';
export { LeaderElection } from './leader-election.js';
export type { Lease } from './lease.js';
export { createLeases, type Leases } from './leases.js';
export type { AcquireOptions, LeasesOptions, RenewalOptions } from './options.js';
export type { Semaphore } from './semaphore.js';
