import { isIPv4, isIPv6 } from 'node:net';
import { refuse } from '@norikv/store/checks';

/** Options of {@link clientAddress}. */
export interface ClientAddressOptions {
  /** How many bits of an IPv6 address name a client, 32 to 128. Default 64: what one customer is given. */
  readonly ipv6Prefix?: number | undefined;
}

/**
 * An identifier from the address of a client: IPv4 as it is, IPv6 cut to its network, since one client has
 * 2^64 addresses. IPv4 inside IPv6 (`::ffff:1.2.3.4` or `64:ff9b::1.2.3.4`, however it is spelled) is the same
 * client as IPv4.
 *
 * Take the address of the connection, or what your framework makes of `X-Forwarded-For` with a list of your
 * own proxies: a client can write anything into that header. Ports and brackets, which some proxies write there, are
 * left out.
 *
 * @param address - of several, the first that is an IP address counts. Give what a proxy wrote first and the address
 * of the connection last: a proxy may write `unknown`, and then its own address is all there is.
 * @throws InvalidArgumentError if there is no address.
 */
export function clientAddress(
  address: string | undefined | readonly (string | undefined)[],
  { ipv6Prefix = 64 }: ClientAddressOptions = {},
): string {
  if (!Number.isInteger(ipv6Prefix) || ipv6Prefix < 32 || ipv6Prefix > 128) {
    refuse('ipv6Prefix', ipv6Prefix, 'a whole number from 32 to 128');
  }
  const given: readonly unknown[] = Array.isArray(address) ? address : [address];
  for (const each of given) {
    const bare = `${each}`.trim().replace(withPort, '$1$2');
    if (isIPv4(bare)) return bare;
    if (isIPv6(bare)) return ipv6Client(groupsOf(bare), ipv6Prefix);
  }
  const wrong = given.find((each) => each !== undefined);
  if (wrong !== undefined) refuse('address', wrong, 'an IP address');
  return refuse('address', wrong, 'another identifier: a Unix socket has none, nor has who hung up');
}

/** `[address]` or `address`, and maybe a port. IPv6 without brackets has no port: nobody could tell it from a group. */
const withPort = /^(?:\[(.+)]|([\d.]+))(:\d+)?$/;

/** Before IPv4 inside IPv6: `::ffff:0:0/96`, and `64:ff9b::/96`, under which translators show IPv4 to IPv6. */
const ipv4Inside: readonly string[] = ['0,0,0,0,0,65535', '100,65435,0,0,0,0'];

function ipv6Client(groups: readonly number[], ipv6Prefix: number): string {
  if (ipv4Inside.includes(groups.slice(0, 6).join())) {
    const bytes = groups.slice(6).flatMap((group) => [group >> 8, group & 255]);
    return bytes.join('.');
  }
  const network = groups.map((group, position) => {
    const bits = Math.min(16, Math.max(0, ipv6Prefix - position * 16));
    return (group & (0xffff << (16 - bits)) & 0xffff).toString(16);
  });
  return `${network.join(':')}/${ipv6Prefix}`;
}

/** The eight groups of an IPv6 address. The zone, as in `fe80::1%eth0`, is of no meaning to others. */
function groupsOf(address: string): number[] {
  const [text = ''] = address.split('%');
  const hexadecimal = text.replace(/\d+\.\d+\.\d+\.\d+$/, (ipv4) => {
    const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
    return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
  });
  const [head = '', tail = ''] = hexadecimal.split('::');
  const parse = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const front = parse(head);
  const back = parse(tail);
  return [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back];
}
