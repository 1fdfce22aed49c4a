import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** How a run of the example ended. */
export interface Ending {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const mainFile = fileURLToPath(new URL('../src/main.ts', import.meta.url));

/** Runs the example in a process of its own. `onStderr` sees what it has written there so far. */
export async function runExample(
  args: readonly string[],
  onStderr: (text: string, example: ChildProcess) => void = () => {},
  env: NodeJS.ProcessEnv = {},
): Promise<Ending> {
  const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
  const example = spawn(process.execPath, [...flags, mainFile, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  let stdout = '';
  let stderr = '';
  example.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  example.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    onStderr(stderr, example);
  });
  const [exitCode] = await once(example, 'close');
  return { exitCode, stdout, stderr };
}
