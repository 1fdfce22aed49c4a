import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { table } from '../table.js';
import { run as nearDuplicates } from './near-duplicates.js';
import { run as recommendations } from './recommendations.js';
import { run as retrieval } from './retrieval.js';
import type { QualitySection } from './section.js';

const help = `Measures how good search, de-duplication and recommendations are, on real text, beside baselines.

  npm run quality [-- --only NAME] [--out FILE]

  --only NAME     one section: retrieval, near-duplicates, recommendations
  --out FILE      also write the report to a file

It is the same every time. The sections take a few minutes in all.
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const sections: Readonly<Record<string, QualitySection>> = {
  retrieval,
  'near-duplicates': nearDuplicates,
  recommendations,
};

const names = values.only === undefined ? Object.keys(sections) : [values.only];
const unknown = names.find((name) => !(name in sections));

if (values.help) {
  process.stdout.write(help);
} else if (unknown !== undefined) {
  process.stderr.write(`--only is "${unknown}"; use one of ${Object.keys(sections).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const reports: string[] = [];
  for (const name of names) {
    process.stderr.write(`${name} ...\n`);
    const found = (await sections[name]?.()) ?? [];
    const report = typeof found === 'string' ? found : table(found);
    reports.push(report);
    process.stdout.write(`${report}\n\n`);
  }
  if (values.out !== undefined) await writeFile(values.out, `${reports.join('\n\n')}\n`);
}
