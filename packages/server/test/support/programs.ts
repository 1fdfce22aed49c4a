import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../src/norikv.ts', import.meta.url));

/** What a command that ends by itself wrote. */
export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly error: string;
}

/** Runs `norikv` until it ends, with files to read from and to write to. */
export async function norikv(
  args: readonly string[],
  env: Record<string, string> = {},
  { input, output }: { readonly input?: string; readonly output?: string } = {},
): Promise<Ended> {
  await using from = input === undefined ? undefined : await open(input, 'r');
  await using to = output === undefined ? undefined : await open(output, 'w');
  const child = start(args, env, from?.fd, to?.fd);
  const texts = [child.stdout, child.stderr].map(async (stream) => {
    let text = '';
    for await (const chunk of stream ?? []) text += chunk;
    return text;
  });
  const [out = '', error = ''] = await Promise.all(texts);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return { code: child.exitCode, out, error };
}

/** A server in a process of its own. */
export class ServerProcess implements AsyncDisposable {
  readonly address: string;
  readonly http: string;
  readonly #child: ChildProcess;
  readonly #log: string[];

  private constructor(child: ChildProcess, log: string[], serving: { address: string; http: string }) {
    this.#child = child;
    this.#log = log;
    this.address = serving.address;
    this.http = serving.http;
  }

  /** Starts `norikv` and waits until it serves. */
  static async start(args: readonly string[], env: Record<string, string> = {}): Promise<ServerProcess> {
    const child = start(args, env);
    const log: string[] = [];
    const { stdout, stderr } = child;
    stderr?.on('data', (chunk) => log.push(String(chunk)));
    if (stdout === null) throw new Error('The server has no output');
    const lines = createInterface({ input: stdout });
    const serving = await new Promise<{ address: string; http: string }>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`norikv ended: ${log.join('\n')}`)));
      lines.on('line', (line) => {
        log.push(line);
        const entry = JSON.parse(line) as { event: string; address: string; http: string };
        if (entry.event === 'serving') resolve(entry);
      });
    });
    return new ServerProcess(child, log, serving);
  }

  get port(): number {
    return Number(this.address.split(':').at(-1));
  }

  /** The events it has logged. */
  get events(): string[] {
    return this.#log.map((line) => (JSON.parse(line) as { event: string }).event);
  }

  /** Sends a signal and waits for the end; gives the exit code, or the signal that killed it. */
  async end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null) {
      const closed = once(this.#child, 'close');
      this.#child.kill(signal);
      await closed;
    }
    return this.#child.exitCode ?? this.#child.signalCode;
  }

  /** Reads no more of what it writes. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  /** Stops or continues the process, or has it read its files again, without ending it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGHUP'): void {
    this.#child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end('SIGKILL');
  }
}

/** A temporary folder, and its removal. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function newFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'norikv-server-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

function start(
  args: readonly string[],
  env: Record<string, string>,
  input?: number,
  output?: number,
): ChildProcess {
  const nodeArgs = ['--conditions=@norikv/source', '--import', 'tsx', command, ...args];
  return spawn(process.execPath, nodeArgs, {
    stdio: [input ?? 'ignore', output ?? 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    timeout: 300_000,
    killSignal: 'SIGKILL',
  });
}
