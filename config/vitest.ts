import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/** Tests resolve sibling packages to their sources, so no build is needed before a test run. */
export function packageTests(name: string, include = 'test/**/*.test.ts'): UserWorkspaceConfig {
  return defineProject({
    resolve: { conditions: ['@norikv/source'] },
    ssr: { resolve: { conditions: ['@norikv/source'] } },
    test: { name, include: [include], testTimeout: 30_000 },
  });
}
