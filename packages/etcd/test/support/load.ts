import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HistoryAction, HistoryOperation, HistoryResult } from '@norikv/testkit';

/** What a client process is told. */
export interface LoadOrder {
  readonly hosts: readonly string[];
  readonly name: string;
  readonly prefix: string;
  /** The time, by the monotonic clock of the machine in milliseconds, at which the load began. */
  readonly startMs: number;
}

/** What a client process reports, one JSON text a line. */
export type LoadLine =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'operation';
      readonly client: string;
      readonly key: string;
      readonly action: HistoryAction;
      readonly result: HistoryResult;
      /** By the monotonic clock of the machine, in microseconds. */
      readonly invokedAt: number;
      readonly returnedAt: number;
    }
  /** A key that was created and acknowledged, and is never written again. */
  | { readonly kind: 'kept'; readonly key: string; readonly atMs: number }
  /** A call failed. */
  | { readonly kind: 'failed'; readonly code: string; readonly outcome: string; readonly atMs: number }
  /** Increments of the shared counter: acknowledged, and those nobody knows about. */
  | { readonly kind: 'counted'; readonly acknowledged: number; readonly unknown: number };

/** A client process under way. */
export class LoadProcess {
  readonly lines: LoadLine[] = [];
  readonly #process: ReturnType<typeof spawn>;
  readonly #ended: Promise<void>;
  readonly #ready: Promise<void>;

  constructor(order: LoadOrder) {
    const program = fileURLToPath(new URL('../programs/load.ts', import.meta.url));
    const options = ['--conditions=@norikv/source', '--import', 'tsx', program, JSON.stringify(order)];
    const child = spawn(process.execPath, options, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#process = child;
    let ready = (): void => {};
    this.#ready = new Promise((resolve) => {
      ready = resolve;
    });
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (text) => {
      const line: LoadLine = JSON.parse(text, reviveBigint);
      if (line.kind === 'ready') ready();
      this.lines.push(line);
    });
    const read = new Promise<void>((resolve) => lines.on('close', () => resolve()));
    this.#ended = new Promise((resolve, reject) => {
      child.on('exit', (code) => {
        if (code === 0) void read.then(resolve);
        else reject(new Error(`client process ${order.name} ended with ${code}`));
      });
    });
    this.#ended.catch(() => ready());
  }

  ready(): Promise<void> {
    return this.#ready;
  }

  /** Asks for the end and waits for it. */
  async stop(): Promise<readonly LoadLine[]> {
    this.#process.stdin?.end();
    await this.#ended;
    return this.lines;
  }
}

/** The operations that can have had an effect or saw something, as the checker wants them. */
export function historyOf(lines: readonly LoadLine[]): HistoryOperation[] {
  return lines.flatMap((line) => {
    if (line.kind !== 'operation') return [];
    const returnedAt = line.result.kind === 'unknown' ? Infinity : line.returnedAt;
    return [{ ...line, returnedAt }];
  });
}

/** JSON text with bigints. */
export function toLine(line: LoadLine): string {
  return JSON.stringify(line, (_, value) => (typeof value === 'bigint' ? { bigint: String(value) } : value));
}

function reviveBigint(_: string, value: unknown): unknown {
  const isBigint = typeof value === 'object' && value !== null && 'bigint' in value;
  return isBigint ? BigInt(String(value.bigint)) : value;
}

/** The monotonic clock of the machine, the same in every process, in microseconds. */
export function machineMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
