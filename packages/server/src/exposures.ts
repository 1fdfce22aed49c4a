import { isLoopback } from '@norikv/client/wire';
import { addressText } from './address-text.js';
import type { LogEntry } from './log.js';
import type { ServerSettings } from './options.js';

/** Warnings for whoever starts a server: who can call it, and who can read what travels. */
export function exposures({ host, port, tokens, tls }: ServerSettings): LogEntry[] {
  if (isLoopback(addressText(host, port))) return [];
  const asksNobody = tokens.length === 0 && tls?.clientCa === undefined;
  return [
    ...(asksNobody
      ? [warning('anybody can call', 'tokens (--token-file) or tls.clientCa (--tls-client-ca)')]
      : []),
    ...(tls === undefined ? [warning('anybody between can read', 'tls (--tls-cert and --tls-key)')] : []),
  ];
}

function warning(event: string, use: string): LogEntry {
  return { level: 'warn', event, use };
}
