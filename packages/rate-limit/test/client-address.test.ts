import { isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientAddress } from '../src/index.js';

describe('clientAddress', () => {
  it.each([
    ['203.0.113.9', '203.0.113.9'],
    ['::ffff:203.0.113.9', '203.0.113.9'],
    ['::FFFF:cb00:7109', '203.0.113.9'],
    ['::ffff:10.20.130.140', '10.20.130.140'],
    ['0:0:0:0:0:ffff:203.0.113.9', '203.0.113.9'],
    ['0000:0000:0000:0000:0000:ffff:cb00:7109', '203.0.113.9'],
    ['::ffff:0:0', '0.0.0.0'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2:0:0:0:0/64'],
    ['2001:DB8:1:2::1', '2001:db8:1:2:0:0:0:0/64'],
    ['2001:db8::1', '2001:db8:0:0:0:0:0:0/64'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:0/64'],
    ['::1', '0:0:0:0:0:0:0:0/64'],
    ['::', '0:0:0:0:0:0:0:0/64'],
    ['64:ff9b::203.0.113.9', '203.0.113.9'],
    ['64:ff9b:0:0:0:0:cb00:7109', '203.0.113.9'],
    ['64:ff9b:1::203.0.113.9', '64:ff9b:1:0:0:0:0:0/64'],
    ['::203.0.113.9', '0:0:0:0:0:0:0:0/64'],
    ['203.0.113.9:5678', '203.0.113.9'],
    ['[2001:db8:1:2::1]', '2001:db8:1:2:0:0:0:0/64'],
    ['[2001:db8:1:2::1]:443', '2001:db8:1:2:0:0:0:0/64'],
    ['[fe80::1%eth0]:443', 'fe80:0:0:0:0:0:0:0/64'],
    ['[::ffff:203.0.113.9]:443', '203.0.113.9'],
    [' 203.0.113.9', '203.0.113.9'],
  ])('%s is %s', (address, identifier) => {
    expect(clientAddress(address)).toBe(identifier);
  });

  it.each([
    [['203.0.113.9', '10.0.0.1'], '203.0.113.9'],
    [['unknown', '_hidden', undefined, '2001:db8:1:2::1', '10.0.0.1'], '2001:db8:1:2:0:0:0:0/64'],
  ])('of %j the first that is an address counts', (addresses, identifier) => {
    expect(clientAddress(addresses)).toBe(identifier);
  });

  it('cuts where it is told', () => {
    const address = '2001:db8:1234:5678:9abc:def0:1234:5678';
    expect(clientAddress(address, { ipv6Prefix: 56 })).toBe('2001:db8:1234:5600:0:0:0:0/56');
    expect(clientAddress(address, { ipv6Prefix: 48 })).toBe('2001:db8:1234:0:0:0:0:0/48');
    expect(clientAddress(address, { ipv6Prefix: 33 })).toBe('2001:db8:0:0:0:0:0:0/33');
    expect(clientAddress(address, { ipv6Prefix: 128 })).toBe(`${address}/128`);
    expect(clientAddress('::ffff:1.2.3.4', { ipv6Prefix: 32 })).toBe('1.2.3.4');
  });

  it('two addresses are one client exactly if they share the network', () => {
    const group = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(
        fc.array(group, { minLength: 8, maxLength: 8 }),
        fc.array(group, { minLength: 4, maxLength: 4 }),
        fc.integer({ min: 1, max: 3 }),
        (groups, host, changed) => {
          const text = (of: readonly number[]): string => of.map((part) => part.toString(16)).join(':');
          const address = text([0x2001, ...groups.slice(1)]);
          const neighbour = text([0x2001, ...groups.slice(1, 4), ...host]);
          const other = text([
            0x2001,
            ...groups.slice(1).map((part, at) => (at + 1 === changed ? part ^ 1 : part)),
          ]);
          expect(isIPv6(address)).toBe(true);
          expect(clientAddress(neighbour)).toBe(clientAddress(address));
          expect(clientAddress(other)).not.toBe(clientAddress(address));
        },
      ),
    );
  });

  it.each([
    undefined,
    null as never,
    '',
    'localhost',
    '1.2.3.4:',
    '1.2.3.4:x',
    '[::1]x',
    '[::1',
    '1.2.3',
    '::1::',
    '1.2.3.4, 5.6.7.8',
    [],
    [undefined, undefined],
    ['unknown', undefined],
  ])('%o is refused', (address) => {
    expect(() => clientAddress(address)).toThrow('address');
  });

  it('tells what was given, or that nothing was', () => {
    expect(() => clientAddress([undefined, 'unknown'])).toThrow('address is "unknown"; use an IP address');
    for (const none of [undefined, [], [undefined]]) {
      expect(() => clientAddress(none)).toThrow('address is undefined; use another identifier');
    }
  });

  it.each([31, 129, 64.5, Number.NaN])('a prefix of %d bits is refused', (ipv6Prefix) => {
    expect(() => clientAddress('::1', { ipv6Prefix })).toThrow('ipv6Prefix');
  });
});
