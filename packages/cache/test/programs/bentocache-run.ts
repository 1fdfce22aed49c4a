import { assert } from '@japa/assert';
import { configure, processCLIArgs, run } from '@japa/runner';

/** The published suite of bentocache needs the runner it is written for. */
processCLIArgs([]);
configure({ plugins: [assert()], files: () => [new URL('bentocache-suite.ts', import.meta.url)] });
await run();
