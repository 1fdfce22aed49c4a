import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** What the command line asked for. */
export interface Options {
  readonly question: string;
  /** The folder of the store. */
  readonly data: string;
  /** How many addresses are indexed, evenly spread over the years. */
  readonly addresses: number;
  /** How many of their passages are indexed. */
  readonly passages: number;
  /** Answers shown. */
  readonly top: number;
  readonly from: number;
  readonly to: number;
  /** Whether each score is explained. */
  readonly explain: boolean;
  readonly help: boolean;
}

/** The command line cannot be served as it is: the message says why, and what to write instead. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

const allAddresses = 233;

export const helpText = `Answers questions from the State of the Union addresses, by meaning and by words.

Usage: npm start -- search "question" [options]

The first run embeds the passages of 20 addresses, which takes about a minute on two cores. They stay in the
store, so later runs answer at once; more addresses add to it.

  --addresses N   index N addresses, evenly spread over the years, 1 to ${allAddresses} (default 20; all of them take
                  about ten minutes)
  --passages N    index the first N of their passages only (default: all)
  --top N         answers to show, 1 to 50 (default 3)
  --from YEAR     addresses of this year and later only
  --to YEAR       addresses of this year and earlier only
  --explain       say where each score comes from
  --data DIR      folder of the store (default: a folder of yours for temporary files)
  --help          show this text

Exit code: 0 answered, 1 indexing failed, 2 the options are wrong, 130 interrupted; then the same command goes on.
`;

/** @throws UsageError if they are wrong. */
export function parseOptions(args: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const question = positionals.join(' ').trim();
  if (question === '' && !values.help) throw new UsageError('There is no question; put one in quotes');
  if (values.data === '') throw new UsageError('--data is empty; name a folder, or leave it out');
  return {
    question,
    data: values.data ?? join(tmpdir(), `norikv-search-${userInfo().username}`),
    addresses: wholeNumber('--addresses', values.addresses, allAddresses),
    passages: wholeNumber('--passages', values.passages, 1_000_000),
    top: wholeNumber('--top', values.top, 50),
    from: wholeNumber('--from', values.from, 9_999),
    to: wholeNumber('--to', values.to, 9_999),
    explain: values.explain,
    help: values.help,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        addresses: { type: 'string', default: '20' },
        passages: { type: 'string', default: '1000000' },
        top: { type: 'string', default: '3' },
        from: { type: 'string', default: '1' },
        to: { type: 'string', default: '9999' },
        explain: { type: 'boolean', default: false },
        data: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(name: string, text: string, most: number): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= 1 && value <= most) return value;
  throw new UsageError(`${name} is ${JSON.stringify(text)}; use a whole number from 1 to ${most}`);
}
