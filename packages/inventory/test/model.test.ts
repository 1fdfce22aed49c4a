import type { Clock } from '@norikv/store';
import { seededRandom, withFaults } from '@norikv/testkit';
import { describe, expect, it } from 'vitest';
import { InventoryManager } from '../src/index.js';
import { payloadOf } from './support/engines.js';
import { type Expected, Oracle, type OracleHold } from './support/oracle.js';
import { type Timeline, timelines } from './support/timeline.js';

const skewMs = 500;
const graceMs = 3_000;
const initial = 40;
const load = Number(process.env.NORIKV_TEST_LOAD ?? 1);
/** Each kind of outcome has to be met often. */
const operations = Math.max(2_500, 10_000 * load);
/** A run takes some seconds; `NORIKV_FAULT_BUDGET_SECONDS` buys more of them. */
const runs = Array.from(
  { length: 1 + Math.floor(Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0) / 20) },
  (_, number) => timelines.map((timeline) => ({ ...timeline, seed: number + 1 })),
).flat();

/** A process with a clock of its own that keeps the last time it told. */
interface Process {
  readonly inventory: InventoryManager;
  lastNow(): number;
}

function processOn({ store, network, clockOf }: Timeline, random: () => number, aheadMs: number): Process {
  const own = clockOf(aheadMs);
  let lastNow = 0;
  const watched: Clock = {
    monotonic: () => own.monotonic(),
    startTimer: (callback, delayMs) => own.startTimer(callback, delayMs),
    now() {
      lastNow = own.now();
      return lastNow;
    },
  };
  const rates = {
    'lost-request': 0.03,
    'lost-reply': 0.04,
    'delayed-delivery': 0.02,
    'duplicated-delivery': 0.02,
    'own-mismatch': 0.02,
    outage: 0.001,
  };
  const faulty = withFaults(store, { ...network, random, rates });
  const options = { clock: watched, random, clockSkewMs: skewMs, graceMs, deadlineMs: 600_000 };
  return { inventory: new InventoryManager(faulty, options), lastNow: () => lastNow };
}

/** What a call came to, in the terms of the oracle. */
async function outcomeOf(call: Promise<object | number | undefined>): Promise<Expected> {
  try {
    const value = await call;
    return typeof value === 'object' ? { ...value } : { value };
  } catch (error) {
    return { ...(error as Expected) };
  }
}

type Row = readonly [token: string, quantity: number, offset: number, outcome?: number, ending?: number];

function holdsIn(record: Readonly<Record<string, unknown>>): Map<string, OracleHold> {
  const { since = 0, reservations = [] } = record as { since?: number; reservations?: readonly Row[] };
  return new Map(
    reservations.map(([token, quantity, offset, outcome = Number.NaN, ending = 0]) => {
      const status = Number.isNaN(outcome)
        ? 'held'
        : outcome > 0
          ? 'committed'
          : outcome < 0
            ? 'expired'
            : 'released';
      return [
        token,
        { quantity, expiresAt: since + offset, status, sold: Math.max(0, outcome || 0), ending },
      ];
    }),
  );
}

/** The tokens under which the two differ. */
function differences(
  left: ReadonlyMap<string, OracleHold>,
  right: ReadonlyMap<string, OracleHold>,
): readonly string[] {
  const fields = ['quantity', 'expiresAt', 'status', 'sold', 'ending'] as const;
  return [...new Set([...left.keys(), ...right.keys()])].filter((token) => {
    const [one, other] = [left.get(token), right.get(token)];
    return !one || !other || fields.some((field) => one[field] !== other[field]);
  });
}

describe.each(runs)(
  '39: random calls against a sequential oracle ($engine, seed $seed)',
  ({ open, seed }) => {
    it(`${operations} calls of 3 processes over a faulty network`, { timeout: 1_200_000 }, async () => {
      const random = seededRandom(seed);
      const timeline = await open();
      await using store = timeline.store;
      const processes = [-400, 0, 400].map((aheadMs) => processOn(timeline, random, aheadMs));
      const oracle = new Oracle(initial, skewMs, graceMs);
      const seen = new Map<string, number>();
      await new InventoryManager(store, { clock: timeline.clockOf(0) }).createItem('item', initial);

      const upTo = (most: number): number => 1 + Math.floor(random() * most);
      const someToken = (): string => {
        // Most of those that are remembered ended long ago.
        const tokens = [...oracle.holds.keys()].slice(random() < 0.8 ? -12 : 0);
        return random() < 0.05
          ? `order-${upTo(50)}`
          : (tokens[Math.floor(random() * tokens.length)] ?? 'none');
      };

      /** Makes one call, and says what it came to and what the oracle expects. */
      const step = async ({ inventory, lastNow }: Process): Promise<readonly [Expected, () => Expected]> => {
        const choice = random();
        if (choice < 0.4) {
          const id = random() < 0.3 ? `order-${upTo(50)}` : undefined;
          const quantity = upTo(4);
          const ttlMs = upTo(4_000);
          const outcome = await outcomeOf(inventory.tryReserve('item', quantity, { id, ttlMs }));
          const token = id ?? String(outcome.reservationId).slice('item:'.length);
          return [outcome, () => oracle.reserve(token, quantity, ttlMs, lastNow())];
        }
        if (choice < 0.6) {
          const token = someToken();
          const quantity = random() < 0.3 ? upTo(4) : undefined;
          const outcome = await outcomeOf(inventory.commit(`item:${token}`, { quantity }));
          return [outcome, () => oracle.commit(token, quantity, lastNow())];
        }
        if (choice < 0.75) {
          const token = someToken();
          const outcome = await outcomeOf(inventory.release(`item:${token}`));
          return [outcome, () => oracle.release(token, lastNow())];
        }
        if (choice < 0.83) {
          const token = someToken();
          const ttlMs = upTo(4_000);
          const { value: expiresAt, ...outcome } = await outcomeOf(inventory.extend(`item:${token}`, ttlMs));
          return [{ ...outcome, expiresAt }, () => oracle.extend(token, ttlMs, lastNow())];
        }
        if (choice < 0.93) {
          const delta = upTo(9) - 4;
          const outcome = await outcomeOf(inventory.adjust('item', delta).then(() => undefined));
          return [outcome, () => oracle.adjust(delta, lastNow())];
        }
        if (choice < 0.96) {
          const { value: units } = await outcomeOf(inventory.sweep('item'));
          return [{ units }, () => oracle.sweep(lastNow())];
        }
        const { value: available } = await outcomeOf(inventory.getAvailable('item'));
        return [{ available }, () => ({ available: oracle.available(lastNow()) })];
      };

      for (let operation = 0; operation < operations; operation += 1) {
        if (random() < 0.3) await timeline.advance(upTo(800));
        const actor = processes[Math.floor(random() * processes.length)] ?? processes[0];
        if (!actor) throw new Error('no process');
        const [outcome, expectation] = await timeline.run(step(actor));
        const expected = expectation();
        expect(outcome, `operation ${operation}`).toMatchObject(expected);
        const kind = String(expected.code ?? expected.status ?? Object.keys(expected)[0] ?? 'adjusted');
        seen.set(kind, (seen.get(kind) ?? 0) + 1);

        const record = payloadOf((await store.get('inventory:item')).value);
        expect(record.onHand).toBe(oracle.onHand);
        const holds = holdsIn(record);
        oracle.number(holds);
        expect(differences(holds, oracle.holds)).toEqual([]);
        expect(oracle.reserved).toBeGreaterThanOrEqual(0);
        expect(oracle.reserved).toBeLessThanOrEqual(oracle.onHand);
        expect(oracle.onHand).toBe(initial + oracle.changed.adjusted - oracle.changed.sold);
      }
      // Every kind of outcome was met. Fewer calls need not meet the rarest: engines answer in an order of their own.
      if (operations < 10_000) return;
      expect([...seen.keys()].sort()).toEqual(
        [
          'INSUFFICIENT_STOCK',
          'INVALID_ARGUMENT',
          'OPERATION_ID_REUSED',
          'RESERVATION_NOT_FOUND',
          'RESERVATION_RESOLVED',
          'adjusted',
          'available',
          'committed',
          'expired',
          'expiresAt',
          'ok',
          'released',
          'repeated',
          'units',
        ].sort(),
      );
    });
  },
);
