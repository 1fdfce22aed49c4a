import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { picture } from './picture.js';
import type { Row } from './row.js';
import { burst } from './sections/burst.js';
import { hotKey } from './sections/hot-key.js';
import { losses } from './sections/losses.js';
import { overhead } from './sections/overhead.js';
import { severalProcesses } from './sections/processes.js';
import { table } from './table.js';

const help = `Measures the packages beside their peers, in one run.

  pnpm run bench [--only NAME] [--seconds N] [--out FOLDER]

  --only NAME     one section: hot-key, processes, overhead, burst, losses
  --seconds N     length of one round, default 1
  --out FOLDER    where results.json and results.svg go, default benchmarks/results

Figures depend on the machine; the ratios within one run are what counts.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seconds: { type: 'string', default: '1' },
    out: { type: 'string', default: new URL('../results', import.meta.url).pathname },
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
