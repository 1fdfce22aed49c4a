import { once } from 'node:events';
import { openEmbedded } from '@norikv/embedded';
import { countCalls } from '@norikv/testkit';
import { type RateLimitConfig, RateLimiter } from '../../src/index.js';

/** 25 clients that ask at once when told to, and what they were answered. */
const [path = '', limit = '{}'] = process.argv.slice(2);
await using embedded = await openEmbedded({ path, durability: 'os' });
const store = countCalls(embedded);
const limiter = new RateLimiter(store, { onFailure: 'closed', timeoutMs: 120_000 });
console.log('ready');
await once(process.stdin, 'data');
const checks = Array.from({ length: 25 }, () =>
  limiter.checkLimit('client', JSON.parse(limit) as RateLimitConfig),
);
const results = await Promise.all(checks);
const admitted = results.filter(({ allowed }) => allowed).length;
console.log(JSON.stringify({ admitted, calls: store.calls.total }));
process.stdin.destroy();
