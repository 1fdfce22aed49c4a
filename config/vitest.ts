import { defineProject, type UserWorkspaceConfig } from 'vitest/config';

/**
 * Tests resolve sibling packages to their sources, so no build is needed before a test run.
 *
 * Whatever hangs is found out all the same; a busy machine takes its time for processes, disks and connections.
 */
export function packageTests(name: string, include = 'test/**/*.test.ts'): UserWorkspaceConfig {
  return defineProject({
    resolve: { conditions: ['@norikv/source'] },
    ssr: { resolve: { conditions: ['@norikv/source'] } },
    test: {
      name,
      include: [include],
      testTimeout: 300_000,
      hookTimeout: 300_000,
      expect: { poll: { timeout: 30_000 } },
    },
  });
}
