import type { ServerCredentials } from './options.js';
import { readText } from './read-text.js';
import { UsageError } from './terminal.js';

/** The files a server has its certificates and tokens from. */
export interface CredentialFiles {
  readonly tls:
    | { readonly cert: string; readonly key: string; readonly clientCa: string | undefined }
    | undefined;
  /** The file of tokens, one a line. */
  readonly tokens: string | undefined;
}

/** Reads what the files hold by now. @throws UsageError that names a file that cannot be read, or holds no token. */
export async function readCredentials({ tls, tokens }: CredentialFiles): Promise<ServerCredentials> {
  return {
    tls: tls && {
      cert: await readText(tls.cert),
      key: await readText(tls.key),
      clientCa: tls.clientCa === undefined ? undefined : await readText(tls.clientCa),
    },
    tokens: tokens === undefined ? undefined : tokensIn(tokens, await readText(tokens)),
  };
}

function tokensIn(path: string, content: string): string[] {
  const lines = content.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '');
  if (tokens.length === 0) throw new UsageError(`${path} holds no token; nobody could call`);
  return tokens;
}
