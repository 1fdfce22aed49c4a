import type { ServerCredentials } from './options.js';
import { readText } from './read-text.js';
import type { ServeConfig } from './serve-config.js';
import { UsageError } from './terminal.js';

/** The files a server has its certificates and tokens from. */
export type CredentialFiles = Pick<ServeConfig, 'tlsFiles' | 'tokenFile'>;

/** Reads what the files hold by now. @throws UsageError that names a file that cannot be read, or holds no token. */
export async function readCredentials({ tlsFiles, tokenFile }: CredentialFiles): Promise<ServerCredentials> {
  const tls = tlsFiles && {
    cert: await readText(tlsFiles.cert),
    key: await readText(tlsFiles.key),
    clientCa: tlsFiles.clientCa === undefined ? undefined : await readText(tlsFiles.clientCa),
  };
  return {
    tls,
    tokens: tokenFile === undefined ? undefined : tokensIn(tokenFile, await readText(tokenFile)),
  };
}

function tokensIn(path: string, content: string): string[] {
  const lines = content.split('\n').map((line) => line.trim());
  const tokens = lines.filter((line) => line !== '');
  if (tokens.length === 0) throw new UsageError(`${path} holds no token; nobody could call`);
  return tokens;
}
