import { defineConfig } from 'vitest/config';
import { coverageThresholds } from './config/coverage.js';

export default defineConfig({
  test: {
    projects: ['{packages,examples}/*/vitest.config.ts', '{benchmarks,test}/vitest.config.ts'],
    coverage: {
      provider: 'v8',
      include: ['packages/*/src/**/*.ts'],
      reporter: ['text', 'html'],
      thresholds: coverageThresholds(),
    },
  },
});
