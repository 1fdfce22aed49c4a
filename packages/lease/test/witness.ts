import { expect } from 'vitest';
import type { Lease, LeaseListener } from '../src/index.js';

/** Is shown every lease when it is acquired, and compares it with all before it. */
export class Witness {
  /** Errors that something between catches. */
  readonly errors: unknown[] = [];
  readonly #seen: Lease[] = [];
  readonly #limit: number;

  constructor(limit = 1) {
    this.#limit = limit;
  }

  /** What `lead` throws is only an event. */
  readonly onEvent: LeaseListener = (event) => {
    if (event.kind === 'lead-failed') this.errors.push(event.error);
  };

  show(lease: Lease): Lease {
    if (this.#limit === 1) {
      for (const { token } of this.#seen) expect(lease.token).toBeGreaterThan(token);
    }
    // A handle that is over stays over, so two that overlap do so when the later one is acquired.
    const held = this.#seen.filter((each) => each.isHeld()).length;
    expect(held + 1).toBeLessThanOrEqual(this.#limit);
    this.#seen.push(lease);
    return lease;
  }
}
