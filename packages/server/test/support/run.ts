import { runCommand } from '../../src/command.js';
import type { Terminal } from '../../src/terminal.js';

/** A terminal nobody looks at, but for these parts of it. */
export function terminalWith(parts: Partial<Terminal> = {}): Terminal {
  const nothing = (): void => {};
  return { async *input() {}, out: nothing, error: nothing, stopped: nothing, hungUp: nothing, ...parts };
}

/** What a command that has ended wrote. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/**
 * Runs the command in this process. One that serves is told to stop at once.
 *
 * @param input - what its standard input gives.
 */
export async function run(
  args: readonly string[],
  env: Record<string, string> = {},
  input: Terminal['input'] = async function* () {},
): Promise<Ran> {
  let [out, error] = ['', ''];
  const terminal = terminalWith({
    input,
    out: (text) => {
      out += Buffer.from(text).toString();
    },
    error: (text) => {
      error += text;
    },
    stopped: (callback) => queueMicrotask(callback),
  });
  const code = await runCommand(args, env, terminal);
  return { code, out, error };
}
