import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

/** How a run of an example ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Sees what an example has written so far. */
type Watcher = (text: string, example: ChildProcess) => void;

/** How to run an example. */
interface RunOptions {
  readonly onStdout?: Watcher;
  readonly onStderr?: Watcher;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs an example with arguments. */
export type RunExample = (args?: readonly string[], options?: RunOptions) => Promise<Ending>;

/**
 * Runs the example of a test, in a process of its own and on the sources of the packages.
 *
 * @param test - the `import.meta.url` of the test, which lies in the folder `test` of the example.
 */
export function exampleOf(test: string): RunExample {
  const main = fileURLToPath(new URL('../src/main.ts', test));
  return async (args = [], { onStdout = () => {}, onStderr = () => {}, env = {} } = {}) => {
    const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
    const example = spawn(process.execPath, [...flags, main, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    // A test that has failed or taken too long leaves nothing behind that runs on.
    onTestFinished(() => void example.kill('SIGKILL'));
    let stdout = '';
    let stderr = '';
    example.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      onStdout(stdout, example);
    });
    example.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      onStderr(stderr, example);
    });
    const [exitCode] = await once(example, 'close');
    return { exitCode, stdout, stderr };
  };
}
