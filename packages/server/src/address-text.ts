import type { ServerHttp2Stream } from 'node:http2';

/** An address as `host:port`, an IPv6 address in brackets. */
export function addressText(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Where a stream comes from: `host:port`; `unknown` if its connection is gone. */
export function peerOf({ session }: ServerHttp2Stream): string {
  const { remoteAddress, remotePort } = session?.socket ?? {};
  return remoteAddress && remotePort ? addressText(remoteAddress, remotePort) : 'unknown';
}
