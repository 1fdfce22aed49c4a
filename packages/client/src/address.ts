const longestAddress = 300;
const shape = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_.])?):([0-9]{1,5})$/i;
const nowhere = /^(?:0\.0\.0\.0|\[::\]):/;
const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\]):/i;

/** Whether a value is `host:port`: a name, an IPv4 address, or an IPv6 address in brackets. */
export function isAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > longestAddress) return false;
  const port = Number(shape.exec(value)?.[1] ?? 0);
  return port >= 1 && port <= 65_535;
}

/** The parts of an address; those of an IPv6 address without its brackets. */
export function hostAndPort(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  return { host: address.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(address.slice(colon + 1)) };
}

/** Whether a server said where to connect to, and not that it listens everywhere. */
export function isReachable(value: unknown): value is string {
  return isAddress(value) && !nowhere.test(value);
}

/** Whether an address never leaves the machine. */
export function isLoopback(address: string): boolean {
  return loopback.test(address);
}
