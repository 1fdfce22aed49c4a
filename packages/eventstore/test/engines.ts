import { createEphemeral } from '@norikv/embedded';
import type { KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { describe } from 'vitest';

/** A store that closes itself. */
export type OpenStore = KvStore & AsyncDisposable;

/** The engines that the same suite runs on. */
export const engines: Readonly<Record<string, () => Promise<OpenStore>>> = {
  memory: async () => createMemoryStore(),
  embedded: createEphemeral,
};

/** Runs a suite on each engine. */
export function onEachEngine(name: string, suite: (open: () => Promise<OpenStore>) => void): void {
  for (const [engine, open] of Object.entries(engines)) {
    describe(`${name} (${engine})`, () => suite(open));
  }
}
