import { openEmbedded } from '@norikv/embedded';
import { RateLimiter, type RateLimiterOptions } from '@norikv/rate-limit';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { startRedis } from '../contenders/redis.js';
import { latencyFigures } from '../latency-figures.js';
import type { Contenders } from '../loop-figures.js';
import { compare, type Row } from '../row.js';
import { temporaryFolder } from '../temporary-folder.js';

/** Whom the checks are about, how many wait at once, and whether there are permits left. */
export interface Traffic {
  readonly name: string;
  readonly clients: number;
  readonly inFlight: number;
  readonly maxRequests: number;
}

const plenty = 1_000_000_000;

/** A hot client, a hotter one, many clients, and one that was denied and hammers on. */
export const traffics: readonly Traffic[] = [
  { name: 'one client', clients: 1, inFlight: 128, maxRequests: plenty },
  { name: 'one client', clients: 1, inFlight: 1_024, maxRequests: plenty },
  { name: '1,000 clients', clients: 1_000, inFlight: 128, maxRequests: plenty },
  { name: 'one client, denied', clients: 1, inFlight: 128, maxRequests: 1 },
];

const windowMs = 3_600_000;

/**
 * Checks of a limit from one process, and how long they take. Unless they say so, neither engine waits for
 * the disk: what was counted survives a crash of the process in ours, and of nothing in Redis.
 */
export async function rateLimitChecks(
  { name, clients, inFlight, maxRequests }: Traffic,
  durationMs: number,
): Promise<Row[]> {
  await using folder = await temporaryFolder();
  await using store = await openEmbedded({ path: `${folder.path}/os`, durability: 'os' });
  await using flushed = await openEmbedded({ path: `${folder.path}/flushed` });
  await using redis = await startRedis('none');
  await using flushedRedis = redis && (await startRedis('flushed'));
  let turn = 0;
  const client = (): string => {
    turn += 1;
    return `client ${turn % clients}`;
  };
  const ours = (kv: KvStore, options: RateLimiterOptions = {}): (() => Promise<unknown>) => {
    const limiter = new RateLimiter(kv, { onFailure: 'closed', timeoutMs: 5_000, ...options });
    return () => limiter.checkLimit(client(), { maxRequests, windowMs });
  };
  const theirs = (limiter: RateLimiterMemory | RateLimiterRedis) => () =>
    limiter.consume(client()).catch(denial);
  const flexible = { points: maxRequests, duration: windowMs / 1_000 };
  const contenders: Contenders = {
    'ours: RateLimiter, embedded': ours(store),
    'ours, embedded, chunks of 1,000': ours(store, { chunk: 1_000, prefix: 'chunks' }),
    ...(redis && {
      'rate-limiter-flexible, Redis': theirs(
        new RateLimiterRedis({ ...flexible, storeClient: redis.client }),
      ),
    }),
    'ours, embedded, flushed': ours(flushed),
    ...(flushedRedis && {
      'rate-limiter-flexible, Redis, flushed': theirs(
        new RateLimiterRedis({ ...flexible, storeClient: flushedRedis.client }),
      ),
    }),
    'ours, in memory': ours(createMemoryStore()),
    'rate-limiter-flexible, in memory': theirs(new RateLimiterMemory(flexible)),
  };
  const { rates, p99s } = await latencyFigures(contenders, inFlight, durationMs);
  const section = `Rate limit, ${name}, ${inFlight} in flight, one process`;
  return [...compare(section, 'checks/s', 'more', rates), ...compare(`${section}: p99`, 'ms', 'less', p99s)];
}

/** It rejects with what it knows of the client where it denies. */
function denial(reason: unknown): void {
  if (!(reason instanceof RateLimiterRes)) throw reason;
}
