import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { coverageThresholds, unseen } from './config/coverage.js';

export default defineConfig({
  test: {
    // Many tests wait for processes and disks, so a second worker pays on two cores already.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: ['{packages,examples}/*/vitest.config.ts', '{benchmarks,test}/vitest.config.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      exclude: Object.keys(unseen),
      reporter: ['text', 'html'],
      thresholds: coverageThresholds(),
      // One run then tells of both.
      reportOnFailure: true,
    },
  },
});
