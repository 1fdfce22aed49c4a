import { isNoriKVError } from '@norikv/store';
import { clientCommand, isClientCommand } from './command-client.js';
import { serveCommand } from './command-serve.js';
import { helpText } from './help.js';
import { reasonOf, type Terminal, UsageError } from './terminal.js';
import { packageVersion } from './version.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs the `norikv` command and returns its exit code: 0 well, 1 not, 2 called wrongly. */
export async function runCommand(
  args: readonly string[],
  env: Environment,
  terminal: Terminal,
): Promise<number> {
  const [name, ...rest] = args;
  // What follows "--" is a key or a value, whatever it looks like.
  const flags = args.slice(0, args.includes('--') ? args.indexOf('--') : args.length);
  try {
    if (flags.includes('--help') || flags.includes('-h') || name === 'help') {
      terminal.out(helpText);
      return 0;
    }
    if (flags.includes('--version') || flags.includes('-v')) {
      terminal.out(`${packageVersion()}\n`);
      return 0;
    }
    if (name !== undefined && isClientCommand(name)) return await clientCommand(name, rest, env, terminal);
    return await serveCommand(name === 'serve' ? rest : args, env, terminal);
  } catch (error) {
    const isUsage = error instanceof UsageError || isParseError(error);
    const code = isNoriKVError(error) ? ` (${error.code}, ${error.outcome})` : '';
    terminal.error(`norikv: ${reasonOf(error)}${code}\n`);
    if (isUsage) terminal.error('See norikv --help\n');
    return isUsage ? 2 : 1;
  }
}

function isParseError(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
}
