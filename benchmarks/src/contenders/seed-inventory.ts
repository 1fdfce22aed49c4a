import { bytesToString, isVersionMismatch, type Key, type KvStore } from '@norikv/store';

const maxRetries = 10;
const reservationTtlMs = 600_000;

interface SeedItem {
  quantity: number;
  reserved: number;
}

interface SeedReservation {
  readonly sku: string;
  readonly quantity: number;
}

/** The inventory of the public documentation: a sum of what is reserved, and each reservation under a key of its own. */
export async function seedCreateItem(store: KvStore, sku: string, quantity: number): Promise<void> {
  await store.put(itemKey(sku), JSON.stringify({ sku, quantity, reserved: 0, lastUpdated: Date.now() }));
}

export async function seedReserve(store: KvStore, sku: string, quantity: number): Promise<string> {
  await change(store, sku, (item) => {
    const available = item.quantity - item.reserved;
    if (available < quantity) throw new Error(`Insufficient inventory: need ${quantity}, have ${available}`);
    item.reserved += quantity;
  });
  const reservationId = crypto.randomUUID();
  const reservation: SeedReservation = { sku, quantity };
  await store.put(reservationKey(reservationId), JSON.stringify(reservation), { ttlMs: reservationTtlMs });
  return reservationId;
}

export async function seedCommit(store: KvStore, reservationId: string): Promise<void> {
  const key = reservationKey(reservationId);
  const { sku, quantity } = await readJson<SeedReservation>(store, key);
  await change(store, sku, (item) => {
    item.quantity -= quantity;
    item.reserved -= quantity;
  });
  await store.delete(key);
}

export async function seedItem(store: KvStore, sku: string): Promise<Readonly<SeedItem>> {
  return readJson<SeedItem>(store, itemKey(sku));
}

/** Read, write under a condition, wait longer each time, up to 10 times. */
async function change(store: KvStore, sku: string, alter: (item: SeedItem) => void): Promise<void> {
  for (let attempt = 0; attempt < maxRetries; attempt += 1) {
    const { value, version } = await store.get(itemKey(sku));
    const item = JSON.parse(bytesToString(value)) as SeedItem;
    alter(item);
    try {
      await store.put(itemKey(sku), JSON.stringify(item), { ifMatchVersion: version });
      return;
    } catch (error) {
      if (!isVersionMismatch(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 10));
  }
  throw new Error(`Failed to change ${sku} after ${maxRetries} attempts`);
}

async function readJson<Data>(store: KvStore, key: Key): Promise<Data> {
  return JSON.parse(bytesToString((await store.get(key)).value)) as Data;
}

function itemKey(sku: string): string {
  return `inventory:${sku}`;
}

function reservationKey(reservationId: string): string {
  return `inventory:reservation:${reservationId}`;
}
