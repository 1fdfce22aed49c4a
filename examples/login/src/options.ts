import { parseArgs } from 'node:util';

export interface Options {
  /** Keeps the servers running instead of playing the story. */
  readonly serve: boolean;
  readonly help: boolean;
}

export const helpText = `Two servers with one store: login, logout everywhere, limited login attempts.

  npm start -- login [options]

  --serve   keeps the servers running, for a browser or curl, until Ctrl-C
  --help    this text
`;

/** @throws Error for an option that is unknown. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      serve: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  return values;
}
