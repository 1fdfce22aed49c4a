import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PersistentMap } from '../src/persistent-map.js';
import { type Reservation, Reservations } from '../src/reservations.js';

const entry = fc.tuple(fc.string({ maxLength: 3 }), fc.nat(9));

describe('a persistent map', () => {
  it('is a map whose older versions stay as they were', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.array(entry), (initial, changes) => {
        let model = new Map(initial);
        let map = PersistentMap.of(initial);
        const versions: [PersistentMap<number>, ReadonlyMap<string, number>][] = [[map, model]];
        for (const [key, value] of changes) {
          map = map.with(key, value);
          model = new Map(model).set(key, value);
          versions.push([map, model]);
        }
        for (const [version, expected] of versions) {
          expect(version.size).toBe(expected.size);
          expect(new Map(version)).toEqual(expected);
          for (const [key, value] of expected) expect(version.get(key)).toBe(value);
          expect(version.get('none of them')).toBeUndefined();
        }
      }),
    );
  });
});

describe('the sums of reservations', () => {
  const reservation = fc.record<Reservation>({
    quantity: fc.integer({ min: 1, max: 9 }),
    expiresAt: fc.nat(100),
    status: fc.constantFrom('held', 'committed', 'released', 'expired'),
    sold: fc.nat(9),
    ending: fc.constant(0),
  });
  const change = fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e'), reservation);

  it('are those of the reservations, however they came about', () => {
    fc.assert(
      fc.property(fc.array(change), fc.array(change), fc.nat(5), (initial, changes, limit) => {
        let reservations = Reservations.of(initial);
        for (const [token, next] of changes) reservations = reservations.with(token, next);
        reservations = reservations.trimmedTo(limit);
        const all = [...reservations].map(([, each]) => each);
        const held = all.filter(({ status }) => status === 'held');
        const { summary } = reservations;
        expect(summary.heldCount).toBe(held.length);
        expect(summary.heldUnits).toBe(held.reduce((sum, { quantity }) => sum + quantity, 0));
        for (const { expiresAt } of held) expect(summary.firstHeldExpiry).toBeLessThanOrEqual(expiresAt);
        expect(reservations.size).toBeLessThanOrEqual(Math.max(limit, held.length));
      }),
    );
  });

  it('tell when the first of those expired that are not among the last 256 to end', () => {
    const expiries = fc.array(fc.nat(1_000_000), { minLength: 250, maxLength: 700, size: 'max' });
    fc.assert(
      fc.property(expiries, (all) => {
        let reservations = Reservations.of([]);
        for (const [number, expiresAt] of all.entries()) {
          const ended: Reservation = { quantity: 1, expiresAt, status: 'released', sold: 0, ending: 0 };
          reservations = reservations.with(`order-${number}`, ended);
        }
        const older = all.slice(0, Math.max(0, all.length - (all.length % 64) - 256));
        for (const each of [reservations, Reservations.of(reservations)]) {
          expect(each.summary).toMatchObject({ endings: all.length, firstFinalExpiry: Math.min(...older) });
          const latest = [...each].filter(([, ended]) => each.isLatest(ended)).map(([token]) => token);
          expect(latest.sort()).toEqual(
            all
              .map((_, number) => `order-${number}`)
              .slice(older.length)
              .sort(),
          );
        }
      }),
      { numRuns: 30, examples: [[Array.from({ length: 400 }, (_, number) => 1_000 - number)]] },
    );
  });
});
