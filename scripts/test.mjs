import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { install, root, tool } from './workspace.mjs';

const reportFile = join(root, 'node_modules', '.cache', 'test-report.json');

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * Counts from vitest's JSON report. A file that could not run is one failure, and so is whatever else made
 * vitest fail although every test passed: the line must never say that all is well when it is not.
 * @param {any} report
 * @param {number} exitCode
 * @returns {Counts}
 */
export function countTests(report, exitCode) {
  /** @type {any[]} */
  const files = report?.testResults ?? [];
  const statuses = files.flatMap(({ assertionResults }) =>
    assertionResults.map((/** @type {any} */ test) => test.status),
  );
  const passed = statuses.filter((status) => status === 'passed').length;
  const brokenFiles = files.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((/** @type {any} */ test) => test.status === 'failed'),
  );
  const failed = statuses.filter((status) => status === 'failed').length + brokenFiles.length;
  return {
    passed,
    failed: failed === 0 && (exitCode !== 0 || passed === 0) ? 1 : failed,
    skipped: statuses.length - passed - statuses.filter((status) => status === 'failed').length,
  };
}

/**
 * What is said in the end. The last line is read by programs.
 * @param {Counts} counts
 */
export function countLines({ passed, failed, skipped }) {
  const left = skipped > 0 ? [`${skipped} skipped`] : [];
  return [...left, `${passed} passed, ${failed} failed`].join('\n');
}

/** @param {readonly string[]} args passed on to vitest */
export async function main(args) {
  const [report, exitCode] = await runTests(args);
  const counts = countTests(report, exitCode);
  if (exitCode !== 0 && report?.numFailedTestSuites === 0) {
    console.error('Every test passed, but vitest failed for the reason above; that counts as one failure.');
  }
  console.log(countLines(counts));
  return counts.failed === 0 ? 0 : 1;
}

/**
 * @param {readonly string[]} args
 * @returns {Promise<[report: any, exitCode: number]>}
 */
async function runTests(args) {
  const prepared = (await install()) || (await tool('turbo', ['run', 'build']));
  if (prepared !== 0) {
    console.error('No test ran: the step before failed, see above.');
    return [undefined, prepared];
  }
  rmSync(reportFile, { force: true });
  const reporters = ['default', 'json', ...(process.env.GITHUB_ACTIONS ? ['github-actions'] : [])];
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const exitCode = await tool(process.execPath, [
    vitest,
    'run',
    ...reporters.map((reporter) => `--reporter=${reporter}`),
    `--outputFile.json=${reportFile}`,
    ...args,
  ]);
  const report = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : undefined;
  return [report, exitCode];
}
