import type { Codec } from '@norikv/cas-retry';
import { bytesToString, stringToBytes } from '@norikv/store';
import { type ReservationEntry, Reservations } from './reservations.js';
import { fromRow, type Row, rowsText } from './rows.js';
import { mostBuckets } from './settings.js';
import { type AuditEntry, emptyStock, type Stock, type Transfer } from './stock.js';

/** A record as it is stored. What has its usual value is left out. */
interface StoredStock {
  readonly inventory: 1;
  readonly onHand: number;
  readonly minAvailable?: number;
  readonly buckets?: number;
  readonly sent?: number;
  readonly outgoing?: Transfer;
  readonly received?: Readonly<Record<string, number>>;
  readonly audit?: readonly AuditEntry[];
  readonly since?: number;
  readonly reservations?: readonly Row[];
}

/** How long a reservation of the documentation's own code lives. */
const seedTtlMs = 600_000;

/** A large record takes milliseconds to decode. Neither a stock nor the bytes it became are ever altered. */
const decoded = new WeakMap<Uint8Array, Stock>();

/** A record as JSON text. */
export const stockCodec: Codec<Stock> = {
  encode(stock) {
    const bytes = stringToBytes(textOf(stock));
    decoded.set(bytes, stock);
    return bytes;
  },
  decode(bytes) {
    const stock = decoded.get(bytes) ?? fromData(JSON.parse(bytesToString(bytes)));
    decoded.set(bytes, stock);
    return stock;
  },
};

function textOf(stock: Stock): string {
  const { reservations } = stock;
  const text = JSON.stringify(toStored(stock));
  if (reservations.size === 0) return text;
  const { since } = reservations;
  return `${text.slice(0, -1)},"since":${since},"reservations":${rowsText(reservations, since)}}`;
}

/** All but the reservations, which are text already for the most part. */
function toStored(stock: Stock): StoredStock {
  const { onHand, minAvailable, buckets, sent, outgoing, received, audit } = stock;
  check(Number.isSafeInteger(onHand) && Number.isSafeInteger(minAvailable), 'more units than can be counted');
  return {
    inventory: 1,
    onHand,
    ...(minAvailable !== 0 && { minAvailable }),
    ...(buckets > 1 && { buckets }),
    ...(sent > 0 && { sent }),
    ...(outgoing && { outgoing }),
    ...(Object.keys(received).length > 0 && { received }),
    ...(audit.length > 0 && { audit }),
  };
}

function fromData(data: unknown): Stock {
  const stored = data as StoredStock;
  if (stored?.inventory === undefined) return fromSeed(data);
  check(stored.inventory === 1, 'a format of a newer version');
  const { onHand, minAvailable = 0, buckets = 1, sent = 0, since = 0 } = stored;
  const { outgoing, received = {}, audit = [], reservations = [] } = stored;
  const numbers = [onHand, minAvailable, buckets, sent, since, ...Object.values(received)];
  if (outgoing) numbers.push(outgoing.number, outgoing.to, outgoing.amount);
  check(numbers.every(Number.isSafeInteger), 'not whole numbers');
  check(buckets > 0 && buckets <= mostBuckets, 'a number of buckets that no item has');
  check(audit.every(isAuditEntry), 'no list of changes');
  const entries = reservations.map((row) => fromRow(row, since));
  const stock = { onHand, minAvailable, buckets, sent, outgoing, received, audit };
  return { ...stock, reservations: Reservations.of(entries) };
}

/**
 * A record that the code of the documentation wrote. Its `reserved` says nothing about whose they are or until
 * when, but none can outlive the last write by more than the lifetime it gave: one nameless reservation of
 * them all expires then. A sum that drifted out of bounds is brought back into them.
 */
function fromSeed(data: unknown): Stock {
  const { quantity, reserved, lastUpdated } = (data ?? {}) as Readonly<Record<string, unknown>>;
  check(
    [quantity, reserved, lastUpdated].every(Number.isSafeInteger),
    'neither an item of this nor of the documentation',
  );
  const onHand = Number(quantity);
  const held = Math.min(Math.max(Number(reserved), 0), Math.max(onHand, 0));
  const expiresAt = Number(lastUpdated) + seedTtlMs;
  const nameless: ReservationEntry = [
    'before-migration',
    { quantity: held, expiresAt, status: 'held', sold: 0, ending: 0 },
  ];
  return { ...emptyStock(), onHand, reservations: Reservations.of(held > 0 ? [nameless] : []) };
}

function isAuditEntry({ at, delta, reason }: AuditEntry): boolean {
  return Number.isSafeInteger(at) && Number.isSafeInteger(delta) && typeof reason === 'string';
}

function check(isRight: boolean, what: string): void {
  if (!isRight) throw new TypeError(`The record holds ${what}`);
}
