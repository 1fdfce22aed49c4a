import { parseArgs } from 'node:util';

export interface Options {
  readonly accounts: number;
  /** Transfers of each process. */
  readonly transfers: number;
  readonly help: boolean;
}

export const helpText = `Transfers money between bank accounts from four processes, kills one of them, and checks the books.

  npm start -- bank [options]

  --accounts <n>    accounts, at least 2, 1,000 in each (default 10)
  --transfers <n>   transfers of each process, at least 5 (default 50)
  --help            this text
`;

/** @throws Error for an option that is unknown or no whole number. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      accounts: { type: 'string', default: '10' },
      transfers: { type: 'string', default: '50' },
      help: { type: 'boolean', default: false },
    },
  });
  return {
    accounts: wholeNumber('accounts', values.accounts, 2),
    transfers: wholeNumber('transfers', values.transfers, 5),
    help: values.help,
  };
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new Error(`--${name} is "${text}"; use a whole number from ${least}`);
}
