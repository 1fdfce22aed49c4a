import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const running = new Set<Program>();

/** Ends the programs that still run, and waits until they have let go of their files. */
export async function endPrograms(): Promise<void> {
  for (const program of running) program.kill();
  await Promise.all([...running].map(({ exited }) => exited));
}

/** A program of `test/programs` in a process of its own, with which a test talks in lines. */
export interface Program {
  readonly pid: number;
  /** What it wrote to standard error. */
  errors(): string;
  send(line: string): void;
  /** The next line it writes; undefined at its end. */
  line(): Promise<string | undefined>;
  /** All further lines, until it ends. */
  rest(): Promise<string[]>;
  kill(): void;
  /** Its exit code, or the signal that ended it. All it wrote to standard error is there by then. */
  readonly exited: Promise<number | NodeJS.Signals | null>;
}

/** Starts a program. `limits` is a shell command that is run first, such as `ulimit -f 100`. */
export function startProgram(name: string, args: readonly string[] = [], limits?: string): Program {
  const file = fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url));
  const command = [process.execPath, '--conditions=@norikv/source', '--import', 'tsx', file, ...args];
  const child: ChildProcessByStdio<Writable, Readable, Readable> = limits
    ? spawn('sh', ['-c', `${limits}; exec "$@"`, 'sh', ...command], { stdio: 'pipe' })
    : spawn(process.execPath, command.slice(1), { stdio: 'pipe' });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const errors: Buffer[] = [];
  // A process may have ended before all it wrote has arrived.
  const ended = Promise.all([once(child, 'exit'), once(child.stderr, 'close')]);
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  child.stdin.on('error', () => undefined);
  const line = async (): Promise<string | undefined> => {
    const { value, done } = await lines.next();
    return done ? undefined : value;
  };
  const program: Program = {
    pid: child.pid ?? 0,
    // The test runner would take its stack for one of the test.
    errors: () =>
      Buffer.concat(errors)
        .toString()
        .replace(/^\s+at /gm, '  from '),
    send: (text) => void child.stdin.write(`${text}\n`),
    line,
    async rest() {
      const all: string[] = [];
      for (let next = await line(); next !== undefined; next = await line()) all.push(next);
      return all;
    },
    kill: () => void child.kill('SIGKILL'),
    exited: ended.then(([[code, signal]]) => {
      running.delete(program);
      return code ?? signal;
    }),
  };
  running.add(program);
  return program;
}
