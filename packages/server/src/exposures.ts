import { isLoopback } from '@norikv/client/wire';
import { addressText } from './address-text.js';
import type { LogEntry } from './log.js';
import type { ServerSettings } from './options.js';

/** What whoever starts a server should know of it: who can call it, and who can read what is called. */
export function exposures({ host, port, tokens, tls }: ServerSettings): LogEntry[] {
  if (isLoopback(addressText(host, port))) return [];
  const asksNobody = tokens.length === 0 && tls?.clientCa === undefined;
  return [
    ...(asksNobody ? [warning('anybody can call', 'tokens, or tls.clientCa')] : []),
    ...(tls === undefined ? [warning('anybody between can read', 'tls')] : []),
  ];
}

function warning(event: string, use: string): LogEntry {
  return { level: 'warn', event, use };
}
