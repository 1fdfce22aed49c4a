import { readdirSync } from 'node:fs';

interface Thresholds {
  readonly lines: number;
  readonly functions: number;
  readonly branches: number;
  readonly statements: number;
}

interface Exception {
  /** Why the package cannot meet the house thresholds. */
  readonly reason: string;
  readonly thresholds: Partial<Thresholds>;
}

const house: Thresholds = { lines: 100, functions: 100, branches: 95, statements: 100 };

/** By folder name. An exception without a reason is not one. */
const exceptions: Readonly<Record<string, Exception>> = {
  embedded: {
    reason: 'one statement serves where WebAssembly has no memory left, which no test can bring about',
    thresholds: { statements: 99.9 },
  },
  testkit: {
    reason: 'one statement waits for timers of requests that still travel, as they only do between processes',
    thresholds: { statements: 99.9 },
  },
};

/** Thresholds for each package on its own: one well-covered package cannot make up for another. */
export function coverageThresholds(): Record<string, Thresholds> {
  const names = readdirSync(new URL('../packages', import.meta.url));
  return Object.fromEntries(
    names.map((name) => [`packages/${name}/src/**`, { ...house, ...exceptions[name]?.thresholds }]),
  );
}

/** Files that coverage cannot see, with the reason. */
export const unseen: Readonly<Record<string, string>> = {
  'packages/server/src/norikv.ts': 'the command itself, which tests run in processes of their own',
};
