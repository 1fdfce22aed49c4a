import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reservationId } from '../src/index.js';
import { formatReservation, parseReservation, stockKey, stockName, tokenOf } from '../src/names.js';

const odd = fc.string({
  unit: fc.constantFrom('a', '@', '#', ':', '%', '4', '0', '1', '2', '3', '5', 'é', ' ', '/'),
  minLength: 1,
  maxLength: 12,
});
const text = fc.oneof(odd, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }));
const name = fc.record({
  sku: text,
  location: fc.oneof(fc.constant(''), text),
  bucket: fc.oneof(fc.constant(undefined), fc.nat(63)),
  token: text.filter((id) => encodeURIComponent(id).length <= 64).map((id) => tokenOf('id', id)),
});

describe('a reservation id', () => {
  it('says what it was made of', () => {
    fc.assert(
      fc.property(name, (parts) => {
        expect(parseReservation(formatReservation(parts))).toEqual(parts);
      }),
    );
  });

  it('is the same only for the same parts', () => {
    fc.assert(
      fc.property(name, name, (left, right) => {
        const same = JSON.stringify(left) === JSON.stringify(right);
        expect(formatReservation(left) === formatReservation(right)).toBe(same);
      }),
    );
  });

  it('is text without surprises for plain names', () => {
    expect(reservationId('SKU-12345', 'order-17')).toBe('SKU-12345:order-17');
    expect(reservationId('SKU-12345', 'order-17', 'berlin')).toBe('SKU-12345@berlin:order-17');
    expect(reservationId('a:b@c#d%', 'x:y', 'e@f')).toBe('a:b%40c%23d%25@e%40f:x%3Ay');
  });

  it('is refused unless it is one', () => {
    fc.assert(
      fc.property(fc.oneof(odd, fc.string()), (other) => {
        try {
          expect(formatReservation(parseReservation(other))).toBe(other);
        } catch (error) {
          expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
        }
      }),
    );
  });
});

describe('a key', () => {
  it('belongs to one stock and bucket', () => {
    fc.assert(
      fc.property(name, name, fc.nat(3), fc.nat(3), (left, right, leftBucket, rightBucket) => {
        const same = left.sku === right.sku && left.location === right.location && leftBucket === rightBucket;
        expect(stockKey('p', left, leftBucket) === stockKey('p', right, rightBucket)).toBe(same);
      }),
    );
  });

  it('takes an id of up to 64 characters', () => {
    expect(reservationId('SKU-1', 'x'.repeat(64))).toBe(`SKU-1:${'x'.repeat(64)}`);
    expect(() => reservationId('SKU-1', 'x'.repeat(65))).toThrow('1 to 64 bytes');
  });

  it("is the documentation's for a plain SKU", () => {
    expect(stockKey('inventory', stockName('shoes:42', undefined), 0)).toBe('inventory:shoes:42');
    expect(stockKey('inventory', stockName('shoes', 'berlin'), 3)).toBe('inventory:shoes@berlin#3');
  });

  it('of the longest names fits', () => {
    const longest = stockName('@'.repeat(256), '#'.repeat(64));
    expect(stockKey('x'.repeat(32), longest, 63).length).toBeLessThanOrEqual(1_024);
  });
});
