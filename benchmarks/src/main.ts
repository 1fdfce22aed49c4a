import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { picture } from './picture.js';
import type { Row } from './row.js';
import { burst } from './sections/burst.js';
import { cacheHits } from './sections/cache.js';
import { etcd } from './sections/etcd.js';
import { eventAppends } from './sections/event-appends.js';
import { eventReads } from './sections/event-reads.js';
import { hotKey } from './sections/hot-key.js';
import { inventoryBurst } from './sections/inventory-burst.js';
import { inventoryMistakes } from './sections/inventory-mistakes.js';
import { inventoryPurchases } from './sections/inventory-purchases.js';
import { leaseCycles } from './sections/lease-cycles.js';
import { leaseFailover } from './sections/lease-failover.js';
import { leaseSplits } from './sections/lease-splits.js';
import { losses } from './sections/losses.js';
import { overhead } from './sections/overhead.js';
import { severalProcesses } from './sections/processes.js';
import { rateLimitChecks, traffics } from './sections/rate-limit-checks.js';
import { sessions } from './sections/sessions.js';
import { vectors } from './sections/vectors.js';
import { wire } from './sections/wire.js';
import { table } from './table.js';

const help = `Measures the packages beside their peers, in one run.

  pnpm run bench [--only NAME] [--seconds N] [--out FOLDER]

  --only NAME     one section: hot-key, processes, overhead, burst, losses, leases, inventory, rate-limit, etcd, sessions,
                  cache, events, wire, vectors
  --seconds N     length of one round, default 1
  --out FOLDER    where results.json and results.svg go, default benchmarks/results

Figures depend on the machine; the ratios within one run are what counts.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '1' },
    out: { type: 'string', default: fileURLToPath(new URL('../results', import.meta.url)) },
    help: { type: 'boolean', default: false },
  },
});
const durationMs = Number(values.seconds) * 1_000;
const sections: Readonly<Record<string, () => Promise<Row[]>>> = {
  'hot-key': async () => [...(await hotKey(128, durationMs)), ...(await hotKey(1, durationMs))],
  processes: () => severalProcesses(durationMs),
  overhead: () => overhead(durationMs),
  burst,
  losses,
  cache: () => cacheHits(durationMs),
  leases: async () => [
    ...(await leaseCycles(64, durationMs)),
    ...(await leaseCycles(1, durationMs)),
    ...(await leaseFailover()),
    ...(await leaseSplits()),
  ],
  inventory: async () => [
    ...(await inventoryPurchases(4, durationMs)),
    ...(await inventoryPurchases(1, durationMs)),
    ...(await inventoryBurst()),
    ...(await inventoryMistakes()),
  ],
  'rate-limit': async () => {
    const rows: Row[] = [];
    for (const traffic of traffics) rows.push(...(await rateLimitChecks(traffic, durationMs)));
    return rows;
  },
  sessions: () => sessions(durationMs),
  etcd: () => etcd(durationMs),
  events: async () => [
    ...(await eventAppends('one stream', 1, durationMs)),
    ...(await eventAppends('one stream', 16, durationMs)),
    ...(await eventAppends('a stream each', 16, durationMs)),
    ...(await eventReads(durationMs)),
  ],
  wire: () => wire(durationMs),
  vectors: () => vectors(durationMs),
};

if (values.help) {
  console.log(help);
} else if (!(durationMs > 0) || (values.only !== undefined && !(values.only in sections))) {
  console.error(`--seconds must be above 0 and --only one of ${Object.keys(sections).join(', ')}\n\n${help}`);
  process.exitCode = 2;
} else {
  const rows: Row[] = [];
  for (const [name, measure] of Object.entries(sections)) {
    if (values.only !== undefined && values.only !== name) continue;
    const measured = await measure();
    console.log(`${table(measured)}\n`);
    rows.push(...measured);
  }
  const machine = `${cpus().length} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`;
  await mkdir(values.out, { recursive: true });
  await writeFile(`${values.out}/results.json`, `${JSON.stringify({ machine, rows }, null, 2)}\n`);
  await writeFile(`${values.out}/results.svg`, picture(rows));
  console.log(`${machine}\nWritten: ${values.out}/results.json, results.svg`);
}
