/** What is used of `redlock`: its package has types, but its `exports` hide them. */
declare module 'redlock' {
  import type { Redis } from 'ioredis';

  export interface Lock {
    release(): Promise<unknown>;
  }

  export interface Settings {
    /** -1: without end. */
    readonly retryCount: number;
  }

  export default class Redlock {
    constructor(clients: Iterable<Redis>);
    acquire(resources: string[], durationMs: number, settings?: Partial<Settings>): Promise<Lock>;
    using<Result>(
      resources: string[],
      durationMs: number,
      routine: (signal: AbortSignal) => Promise<Result>,
    ): Promise<Result>;
  }
}
