import type { RateLimits } from './check.js';
import { type Limit, limitOptions, limitsOf, type RateLimitConfig } from './limit.js';

const mostKnown = 16;

interface Known {
  readonly configs: readonly RateLimitConfig[];
  readonly limits: readonly Limit[];
}

/** Remembers the limits of the latest calls, so that a request does not pay for checking the same numbers again. */
export class KnownLimits {
  readonly #known: Known[] = [];

  /**
   * The same numbers give the same limits, the very same array mostly.
   *
   * @throws InvalidArgumentError naming the option that is wrong.
   */
  of(config: RateLimits): readonly Limit[] {
    for (const { configs, limits } of this.#known) if (isSame(config, configs)) return limits;
    const limits = limitsOf(config);
    const configs = listOf(config).map((each) => ({ ...each }));
    this.#known.unshift({ configs, limits });
    this.#known.length = Math.min(this.#known.length, mostKnown);
    return limits;
  }
}

function listOf(config: RateLimits): readonly RateLimitConfig[] {
  return Array.isArray(config) ? config : [config as RateLimitConfig];
}

function isSame(config: RateLimits, known: readonly RateLimitConfig[]): boolean {
  const [first] = known;
  if (!Array.isArray(config)) {
    return known.length === 1 && first !== undefined && isSameLimit(config as RateLimitConfig, first);
  }
  return (
    config.length === known.length &&
    known.every((each, position) => isSameLimit(config[position] as RateLimitConfig, each))
  );
}

function isSameLimit(config: RateLimitConfig, known: RateLimitConfig): boolean {
  return (
    config?.maxRequests === known.maxRequests &&
    config.windowMs === known.windowMs &&
    config.algorithm === known.algorithm &&
    config.burst === known.burst &&
    config.name === known.name &&
    // A misspelt option is none of these.
    Object.keys(config).every((option) => limitOptions.includes(option))
  );
}
