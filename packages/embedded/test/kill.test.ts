import { find, type KvStore, stringToBytes, type Version } from '@norikv/store';
import { seededRandom } from '@norikv/testkit';
import { expect, test } from 'vitest';
import { type EmbeddedStore, openEmbedded } from '../src/index.js';
import { newPath } from './support/folders.js';
import { numberOf, type Report, valueOfWrite } from './support/kill-ledger.js';
import { killWhileWriting } from './support/kill-while-writing.js';
import { type Program, startProgram } from './support/programs.js';

// An hour by hand: NORIKV_FAULT_BUDGET_SECONDS=3600. Without it, 50 kills.
const budgetMs = Number(process.env.NORIKV_FAULT_BUDGET_SECONDS ?? 0) * 1_000;
const leastKills = 50;

test(
  'nothing acknowledged is lost and nothing is half written when the process is killed',
  async () => {
    const path = newPath();
    const random = seededRandom(1);
    const ledger = new Ledger();
    const end = performance.now() + budgetMs;
    // Programs take longer to start than to be killed, so the next ones start meanwhile.
    const waiting = [startWriter(), startWriter()];
    let survivor: EmbeddedStore | undefined;
    let kills = 0;
    while (kills < leastKills || performance.now() < end) {
      kills += 1;
      // Every other time another process (this one) keeps the store open across the kill.
      survivor ??= kills % 2 === 0 ? await openEmbedded({ path }) : undefined;
      const writer = waiting.shift() ?? startWriter();
      waiting.push(startWriter());
      const beside = survivor && writeBeside(survivor);
      const reports = await killWhileWriting<Report>(writer, `${path} ${kills}`, 5 + random() * 60);
      await beside?.stop();
      const store = survivor ?? (await openEmbedded({ path }));
      ledger.add(reports);
      await ledger.check(store, reports);
      await store.close();
      survivor = undefined;
    }
    for (const writer of waiting) writer.kill();
    const store = await openEmbedded({ path });
    await ledger.checkAll(store);
    await store.close();
    expect(kills).toBeGreaterThanOrEqual(leastKills);
    expect(ledger.acknowledged).toBeGreaterThan(kills);
  },
  budgetMs + 900_000,
);

function startWriter(): Program {
  return startProgram('write-until-killed');
}

/** Writes from this process at the same time, and checks that every write is answered and in place. */
function writeBeside(store: KvStore): { stop(): Promise<void> } {
  let isStopped = false;
  const writing = (async () => {
    for (let number = 0; !isStopped; number++) {
      const version = await store.put('beside', `${number}`);
      expect(await find(store, 'beside')).toEqual({ value: stringToBytes(`${number}`), version });
    }
  })();
  return {
    stop() {
      isStopped = true;
      return writing;
    },
  };
}

/** What must be in the store: for each key its last acknowledged write, or the one after it that was sent. */
class Ledger {
  acknowledged = 0;
  readonly #last = new Map<string, { acknowledged: number; sent: number }>();
  readonly #versions = new Map<string, string>();
  #highest = 0n;

  add(reports: readonly Report[]): void {
    const before = this.#highest;
    for (const report of reports) {
      const { key, number } = report.write;
      const last = this.#last.get(key) ?? { acknowledged: 0, sent: 0 };
      this.#last.set(key, last);
      if (report.kind === 'sent') last.sent = number;
      else {
        last.acknowledged = number;
        this.acknowledged += 1;
        this.#giveVersion(report.version, `${key} ${number}`, before);
      }
    }
  }

  async check(store: KvStore, reports: readonly Report[]): Promise<void> {
    const keys = new Set(reports.map(({ write }) => write.key));
    for (const key of keys) await this.#checkKey(store, key);
    // A commit that was complete on the disk but not announced when its process died shows with the next
    // write of whoever else has the store open. Until then it is what its sender knows: unknown.
    await store.put('settle', 'now');
    for (const key of keys) await this.#checkKey(store, key);
    const repeatable = reports.filter(({ write }) => write.idempotencyKey !== undefined);
    for (const report of repeatable.slice(-4)) await this.#checkRepeat(store, report, repeatable);
  }

  async checkAll(store: KvStore): Promise<void> {
    for (const key of this.#last.keys()) await this.#checkKey(store, key);
  }

  async #checkKey(store: KvStore, key: string): Promise<void> {
    const last = this.#last.get(key) ?? { acknowledged: 0, sent: 0 };
    const entry = await find(store, key);
    const number = entry ? numberOf(key, Buffer.from(entry.value).toString()) : 0;
    const message = `${key} holds write ${number}; acknowledged ${last.acknowledged}, sent ${last.sent}`;
    expect(number >= last.acknowledged && number <= last.sent, message).toBe(true);
    last.acknowledged = number;
    if (entry) this.#giveVersion(textOf(entry.version), `${key} ${number}`, 0n);
  }

  /** A write sent again with its idempotency key answers as before, or is applied now if it never was. */
  async #checkRepeat(store: KvStore, { write }: Report, reports: readonly Report[]): Promise<void> {
    const before = await find(store, write.key);
    const wasApplied = before !== null && numberOf(write.key, textOfValue(before.value)) >= write.number;
    const version = await store.put(write.key, valueOfWrite(write), { idempotencyKey: write.idempotencyKey });
    const first = reports.find(
      (report) => report.kind === 'acknowledged' && report.write.number === write.number,
    );
    if (first?.kind === 'acknowledged') expect(textOf(version)).toBe(first.version);
    const after = await find(store, write.key);
    if (wasApplied) expect(after).toEqual(before);
    else expect(after).toEqual({ value: stringToBytes(valueOfWrite(write)), version });
    this.#giveVersion(textOf(version), `${write.key} ${write.number}`, 0n);
  }

  /** No version is given twice, and those of a later process are higher. */
  #giveVersion(version: string, write: string, above: bigint): void {
    expect(this.#versions.get(version) ?? write, `version ${version}`).toBe(write);
    this.#versions.set(version, write);
    const index = BigInt(version.split('/')[1] ?? 0);
    expect(index, `version ${version}`).toBeGreaterThan(above);
    if (index > this.#highest) this.#highest = index;
  }
}

function textOf({ term, index }: Version): string {
  return `${term}/${index}`;
}

function textOfValue(value: Uint8Array): string {
  return Buffer.from(value).toString();
}
