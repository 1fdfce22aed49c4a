import { install, tool } from './workspace.mjs';

/** Root scripts, cheapest first. */
const gates = [
  'lint',
  'typecheck',
  'arrows',
  'build',
  'api:check',
  'unused',
  'size',
  'check:package',
  'docs',
  'test:coverage',
];

/**
 * Runs every gate and stops at the first that fails. `--keep-going` runs them all; `--except <gate>` leaves
 * one out.
 * @param {readonly string[]} args
 */
export async function main(args) {
  const except = args.includes('--except') ? args[args.indexOf('--except') + 1] : undefined;
  const installed = await install();
  if (installed !== 0) return installed;
  /** @type {string[]} */
  const failed = [];
  for (const gate of gates.filter((name) => name !== except)) {
    console.log(`\n=== ${gate} ===`);
    if ((await tool('pnpm', ['--silent', 'run', gate])) === 0) continue;
    failed.push(gate);
    if (!args.includes('--keep-going')) break;
  }
  console.log(failed.length === 0 ? '\nEvery gate passed.' : `\nFailed: ${failed.join(', ')}.`);
  return failed.length === 0 ? 0 : 1;
}
