import { parseArgs } from 'node:util';
import { isCluster } from './open-store.js';

/** What the command line asked for. */
export interface Options {
  readonly workers: number;
  /** The folder of the store; undefined for a temporary one. */
  readonly data: string | undefined;
  /** The cluster that takes the place of a folder, such as `etcd://127.0.0.1:2379`. */
  readonly store: string | undefined;
  /** Whether a worker is killed half-way. */
  readonly kill: boolean;
  /** How many addresses are counted, oldest first. */
  readonly addresses: number;
  readonly help: boolean;
}

/** The command line cannot be served as it is: the message says why, and what to write instead. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

const allAddresses = 233;

export const helpText = `Counts every word of the State of the Union addresses from several processes into one store.
Half-way it kills one of them. At the end it compares every count with a plain count of the same text.

Usage: npm start -- [options]

  --workers N     worker processes, 1 to 32 (default 4)
  --data DIR      folder of the store; kept, and a run on the same folder goes on where the last one stopped
                  (default: a temporary folder, removed at the end)
  --store URL     count into an etcd cluster instead: etcd://host:port, several with commas, then /prefix if
                  "word-count" will not do; what is there is kept, as with --data
  --addresses N   count the first N addresses only, 1 to ${allAddresses} (default ${allAddresses})
  --no-kill       kill nobody
  --help          show this text

Exit code: 0 every count is right, 1 a count is wrong or the job failed, 2 the options are wrong,
130 after Ctrl-C.
`;

/** @throws UsageError if they are wrong. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  if (values.data === '') throw new UsageError('--data is empty; name a folder, or leave it out');
  if (values.store !== undefined && values.data !== undefined) {
    throw new UsageError('--store and --data exclude each other; use one');
  }
  if (values.store !== undefined && !isCluster(values.store)) {
    throw new UsageError(`--store is ${JSON.stringify(values.store)}; use etcd://host:port`);
  }
  return {
    workers: wholeNumber('--workers', values.workers, 32),
    data: values.data,
    store: values.store,
    kill: !values['no-kill'],
    addresses: wholeNumber('--addresses', values.addresses, allAddresses),
    help: values.help,
  };
}

interface Values {
  readonly workers: string;
  readonly data?: string | undefined;
  readonly store?: string | undefined;
  readonly 'no-kill': boolean;
  readonly addresses: string;
  readonly help: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        workers: { type: 'string', default: '4' },
        data: { type: 'string' },
        store: { type: 'string' },
        'no-kill': { type: 'boolean', default: false },
        addresses: { type: 'string', default: String(allAddresses) },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= most) return number;
  throw new UsageError(`${name} is ${JSON.stringify(text)}; use a whole number from 1 to ${most}`);
}
