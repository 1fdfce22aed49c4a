import { checkNames, checkObject, checkOneOf, refuse } from '@norikv/store/checks';

/** The limits of a tenant. What is missing is not limited. */
export interface TenantLimits {
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
export type TenantPlans = Readonly<Record<string, TenantLimits>> & { readonly free: TenantLimits };

/** The plans of the documentation. */
export const documentedPlans: TenantPlans = {
  free: { maxKeys: 1_000, maxStorageMB: 10 },
  pro: { maxKeys: 100_000, maxStorageMB: 1_000 },
  enterprise: { maxKeys: Number.POSITIVE_INFINITY, maxStorageMB: Number.POSITIVE_INFINITY },
};

const limitNames: readonly (keyof TenantLimits)[] = [
  'maxKeys',
  'maxStorageMB',
  'maxValueBytes',
  'maxTtlMs',
  'operationsPerSecond',
];

/**
 * A checked copy of plans. It is frozen: metadata hand it out, and nobody's may raise the limits of others.
 *
 * @throws InvalidArgumentError naming the plan and the limit that is wrong.
 */
export function checkedPlans(plans: TenantPlans): TenantPlans {
  if (checkObject('plans', plans).free === undefined) {
    refuse('plans.free', undefined, 'limits; they hold for every plan that is not there');
  }
  for (const [plan, limits] of Object.entries(plans)) {
    // One that is misspelt would limit nothing.
    checkNames(`a limit of plans.${plan}`, checkObject(`plans.${plan}`, limits), limitNames);
    for (const [name, limit] of Object.entries(limits)) {
      const isFit = typeof limit === 'number' && (limit > 0 || (limit === 0 && name.startsWith('max')));
      if (limit === undefined || isFit) continue;
      refuse(`plans.${plan}.${name}`, limit, 'a number above 0');
    }
  }
  const copyOf = (limits: TenantLimits): TenantLimits => Object.freeze({ ...limits });
  const others = Object.entries(plans).map(([plan, limits]) => [plan, copyOf(limits)]);
  return { ...Object.fromEntries(others), free: copyOf(plans.free) };
}

/** @throws InvalidArgumentError unless there is such a plan, here or in the documentation. */
export function checkPlan(plans: TenantPlans, plan: string): void {
  checkOneOf('plan', plan, Object.keys({ ...plans, ...documentedPlans }));
}

/** The limits of a plan. */
export function limitsOf(plans: TenantPlans, plan: string): TenantLimits {
  return (Object.hasOwn(plans, plan) ? plans[plan] : undefined) ?? plans.free;
}
