import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { newPath, openTestStore } from './support/folders.js';

const program = fileURLToPath(new URL('programs/write-in-a-thread.ts', import.meta.url));

// Elsewhere no system call tells whether a thread is still there.
test.skipIf(process.platform !== 'linux')(
  'a thread that is ended in the middle of its writes holds up nobody, though its process goes on',
  async () => {
    const path = newPath();
    const thread = new Worker(
      `import('tsx/esm/api').then(({ register }) => {
        register();
        return import(${JSON.stringify(program)});
      });`,
      { eval: true, argv: [path], execArgv: ['--conditions=@norikv/source'] },
    );
    expect(await once(thread, 'message')).toEqual(['writes']);
    await thread.terminate();
    const store = await openTestStore({ path, exclusive: true });
    expect((await store.put('key', 'next')).index).toBeGreaterThan(1n);
  },
);
