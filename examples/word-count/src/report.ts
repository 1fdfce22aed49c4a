import type { Difference } from './verify.js';
import { totalOf } from './words.js';

/** What a run found and what it took. */
export interface Findings {
  readonly expected: ReadonlyMap<string, number>;
  readonly addresses: number;
  /** Increments acknowledged in this run: fewer than there are words if it went on with an earlier one. */
  readonly words: number;
  readonly seconds: number;
  /** Store calls of workers and coordinator in this run, without those of the check. */
  readonly calls: number;
  /** Those of the coordinator that were writes. */
  readonly writes: number;
  readonly differences: readonly Difference[];
}

const shownDifferences = 20;

/** The report of a run, for people. */
export function reportOf(findings: Findings): string {
  return [...mostFrequent(findings.expected), '', ...effort(findings), '', ...verdict(findings)].join('\n');
}

function mostFrequent(counts: ReadonlyMap<string, number>): string[] {
  const top = [...counts].sort(([, left], [, right]) => right - left).slice(0, 10);
  const rows = top.map(([word, count]) => `  ${word.padEnd(12)}${counted(count).padStart(9)}`);
  return ['The ten most frequent words:', ...rows];
}

function effort({ expected, addresses, words, seconds, calls, writes }: Findings): string[] {
  const different = `${counted(expected.size)} of them different, in ${addresses} addresses`;
  const text = `text        ${counted(totalOf(expected))} words, ${different}`;
  if (words === 0) return [text, `this run    added nothing: ${calls} store calls, ${writes} writes`];
  const rate = `${seconds.toFixed(1)} s, ${counted(words / seconds)} a second`;
  const each = `${(calls / words).toFixed(2)} an increment`;
  return [
    text,
    `this run    ${counted(words)} increments in ${rate}`,
    `store calls ${counted(calls)}, ${each}: a chunk adds a word once, with all its occurrences`,
    `by contrast ${counted(2 * words)} or more, 2 an increment: a get and a conditional put for each occurrence`,
  ];
}

function verdict({ differences }: Findings): string[] {
  if (differences.length === 0) {
    return ['Every count equals that of a plain count in one process: 0 lost, 0 counted twice.'];
  }
  const shown = differences.slice(0, shownDifferences);
  const more = differences.length - shown.length;
  const lost = sum(differences.map(({ expected, stored }) => BigInt(expected) - stored));
  const doubled = sum(differences.map(({ expected, stored }) => stored - BigInt(expected)));
  return [
    `${counted(differences.length)} counts are WRONG: ${lost} lost, ${doubled} counted twice.`,
    ...shown.map(
      ({ word, expected, stored }) => `  ${word}: the store has ${stored}, the text has ${expected}`,
    ),
    ...(more > 0 ? [`  and ${counted(more)} more`] : []),
  ];
}

/** The sum of the numbers above zero. */
function sum(numbers: readonly bigint[]): bigint {
  return numbers.reduce((total, number) => (number > 0n ? total + number : total), 0n);
}

function counted(number: number): string {
  return Math.round(number).toLocaleString('en');
}
