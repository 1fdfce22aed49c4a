import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageReader } from '../src/wire/message-reader.js';
import { MessageWriter } from '../src/wire/message-writer.js';
import {
  encodeAuthenticate,
  encodeLeaseGrant,
  encodeRange,
  encodeTransaction,
} from '../src/wire/requests.js';
import {
  decodeAuthenticate,
  decodeLeaseGrant,
  decodeRange,
  decodeStatus,
  decodeTransaction,
} from '../src/wire/responses.js';

const key = Buffer.from('k');

describe('messages', () => {
  it('have these bytes', () => {
    expect(encodeRange(key, false).toString('hex')).toBe('0a016b');
    expect(encodeRange(key, true).toString('hex')).toBe('0a016b3801');
    expect(encodeLeaseGrant(300).toString('hex')).toBe('08ac02');
    expect(encodeAuthenticate('u', 'p').toString('hex')).toBe('0a0175120170');
  });

  it('a transaction has these bytes', () => {
    const value = Buffer.from('v');
    const bytes = encodeTransaction({
      compare: [
        { kind: 'revision', key, revision: 0n },
        { kind: 'value-after', key, bytes: value },
      ],
      success: [
        { kind: 'put', key, value, leaseId: 2n ** 62n },
        { kind: 'range', key },
      ],
      failure: [
        { kind: 'delete', key },
        { kind: 'transaction', transaction: { compare: [], success: [], failure: [] } },
      ],
    });
    const hex = [
      '0a0710021a016b3000', // mod revision equals 0
      '0a0a080110031a016b3a0176', // value greater than v
      '121212100a016b12017618808080808080808040', // put with a lease
      '12050a030a016b', // range
      '1a051a030a016b', // delete
      '1a022200', // inner transaction
    ];
    expect(bytes.toString('hex')).toBe(hex.join(''));
  });

  it('numbers of 64 bits survive', () => {
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 64n - 1n), fc.integer({ min: 1, max: 5_000 }), (number, field) => {
        const reader = new MessageReader(new MessageWriter().number(field, number).finish());
        expect(reader.next()).toBe(field);
        expect(reader.number()).toBe(number);
        expect(reader.next()).toBe(0);
      }),
    );
  });

  it('unknown fields of every kind are skipped', () => {
    const unknown = Buffer.from([
      0x78, 0x01, 0x79, 1, 2, 3, 4, 5, 6, 7, 8, 0x7d, 1, 2, 3, 4, 0x7a, 0x01, 0x00,
    ]);
    const withUnknown = (message: MessageWriter): Buffer =>
      Buffer.concat([unknown, message.finish(), unknown]);
    const header = new MessageWriter().number(1, 7).number(2, 1).number(3, 8).number(4, 9);
    const found = new MessageWriter().bytes(1, key).number(3, 6).bytes(5, Buffer.from('v'));
    const range = new MessageWriter().message(1, header).message(2, found);
    expect(decodeRange(withUnknown(range))).toEqual({
      header: { clusterId: 7n, revision: 8n, term: 9n },
      found: { revision: 6n, value: Buffer.from('v') },
    });
    const transaction = new MessageWriter()
      .message(1, header)
      .flag(2, true)
      .message(3, new MessageWriter().message(1, range))
      .message(3, new MessageWriter().message(2, new MessageWriter()));
    expect(decodeTransaction(withUnknown(transaction))).toMatchObject({
      succeeded: true,
      answers: [{ found: { revision: 6n } }, {}],
    });
    const lease = new MessageWriter().message(1, header).number(2, 5).number(3, 60);
    expect(decodeLeaseGrant(withUnknown(lease))).toBe(5n);
    expect(decodeAuthenticate(withUnknown(new MessageWriter().text(2, 'token')))).toBe('token');
    const status = new MessageWriter().message(1, header).text(2, '3.4.0').number(4, 1).number(6, 9);
    expect(decodeStatus(withUnknown(status))).toEqual({
      clusterId: 7n,
      hasLeader: true,
      term: 9n,
    });
  });

  it.each([
    ['a field of no known kind', [0x0b]],
    ['a field of no known kind that nobody asks for', [0x7b]],
    ['a number without end', [0x08, ...Array.from({ length: 11 }, () => 0xff)]],
    ['bytes that are cut short', [0x0a, 0x05, 0x01]],
    ['a number where bytes should be', [0x08, 0x01]],
    ['nothing after a field', [0x08]],
  ])('%s is refused', (_, bytes) => {
    const decode = (): unknown => decodeRange(Buffer.from(bytes));
    expect(decode).toThrow('not a protobuf message');
  });
});
