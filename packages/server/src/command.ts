import { isNoriKVError } from '@norikv/store';
import { clientCommand, isClientCommand } from './command-client.js';
import { serveCommand } from './command-serve.js';
import { isStoreCommand, storeCommand } from './command-store.js';
import { exitCodeOf, exitCodes } from './exit-codes.js';
import { helpText } from './help.js';
import { reasonOf, type Terminal } from './terminal.js';
import { packageVersion } from './version.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Runs the `norikv` command and returns its exit code, one of {@link exitCodes}. */
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
      return exitCodes.done;
    }
    if (flags.includes('--version') || flags.includes('-v')) {
      terminal.out(`${packageVersion()}\n`);
      return exitCodes.done;
    }
    if (name !== undefined && isClientCommand(name)) return await clientCommand(name, rest, env, terminal);
    if (name !== undefined && isStoreCommand(name)) return await storeCommand(name, rest);
    return await serveCommand(name === 'serve' ? rest : args, env, terminal);
  } catch (error) {
    const exitCode = exitCodeOf(error, name);
    const facts = isNoriKVError(error) ? ` (${error.code}, ${error.outcome})` : '';
    terminal.error(`norikv: ${reasonOf(error)}${facts}\n`);
    if (exitCode === exitCodes.usage) terminal.error('See norikv --help\n');
    return exitCode;
  }
}
