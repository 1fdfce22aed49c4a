import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('shop-process.ts', import.meta.url));

/** A process of the shop, from outside. */
export class ShopFront {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(folder: string, name: string) {
    this.name = name;
    const flags = ['--conditions=@norikv/source', '--import', 'tsx'];
    const child = spawn(process.execPath, [...flags, program, folder, name], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#process = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  /** The next answer. */
  async answer<Answer>(): Promise<Answer> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error(`process ${this.name} ended`);
    return JSON.parse(value) as Answer;
  }

  /** Sends a command, and gives its answer. */
  tell<Answer>(command: string): Promise<Answer> {
    this.#process.stdin?.write(`${command}\n`);
    return this.answer<Answer>();
  }

  async end(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    this.#process.stdin?.end();
    await once(this.#process, 'close');
  }

  kill(): void {
    this.#process.kill('SIGKILL');
  }
}
