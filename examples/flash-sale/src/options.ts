import { parseArgs } from 'node:util';

/** What the command line asked for. */
export interface Options {
  /** Units on sale. */
  readonly stock: number;
  /** Customers of each checkout. */
  readonly customers: number;
  /** Percentage of payments that are declined. */
  readonly declined: number;
  /** Whether a checkout is killed. */
  readonly kill: boolean;
  /** The folder of the store; undefined for a temporary one. */
  readonly data: string | undefined;
  readonly help: boolean;
}

/** The command line cannot be served as it is: the message says why, and what to write instead. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

export const helpText = `A flash sale: four processes sell one product from one store. Some payments fail, some customers walk away,
and one process is killed just when a customer has paid. At the end stock, sales and money must be equal.

Usage: npm start -- flash-sale [options]

  --stock N       units on sale, 1 to 100000 (default 400)
  --customers N   customers of each process, 1 to 2000 (default 150)
  --declined N    percentage of payments that fail, 0 to 100 (default 20)
  --no-kill       kill nobody
  --data DIR      folder of the store, which must hold no sale yet; it is kept
                  (default: a temporary folder, removed at the end)
  --help          show this text

Exit code: 0 stock, sales and money are equal, 1 they are not or the sale failed, 2 the options are wrong,
130 after Ctrl-C.
`;

/** @throws UsageError if they are wrong. */
export function parseOptions(args: readonly string[]): Options {
  const values = parse(args);
  if (values.data === '') throw new UsageError('--data is empty; name a folder, or leave it out');
  return {
    stock: wholeNumber('--stock', values.stock, 1, 100_000),
    customers: wholeNumber('--customers', values.customers, 1, 2_000),
    declined: wholeNumber('--declined', values.declined, 0, 100),
    kill: !values['no-kill'],
    data: values.data,
    help: values.help,
  };
}

interface Values {
  readonly stock: string;
  readonly customers: string;
  readonly declined: string;
  readonly 'no-kill': boolean;
  readonly data?: string | undefined;
  readonly help: boolean;
}

function parse(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        stock: { type: 'string', default: '400' },
        customers: { type: 'string', default: '150' },
        declined: { type: 'string', default: '20' },
        'no-kill': { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= least && number <= most) return number;
  throw new UsageError(`${name} is ${JSON.stringify(text)}; use a whole number from ${least} to ${most}`);
}
