import { InvalidArgumentError } from '@norikv/store';

/** How long a call takes, there and back: a number of milliseconds, or a function asked for each call. */
export type Latency = number | (() => number);

/** A checked function for a latency option. */
export function latencyOf(name: string, latency: Latency = 0): () => number {
  if (typeof latency === 'function') {
    return () => {
      const ms = latency();
      if (Number.isFinite(ms)) return ms;
      throw new InvalidArgumentError(`${name} answered ${ms}; use milliseconds, 0 or less for none`);
    };
  }
  if (Number.isFinite(latency) && latency >= 0) return () => latency;
  throw new InvalidArgumentError(`${name} is ${latency}; use milliseconds from 0, or a function giving them`);
}
