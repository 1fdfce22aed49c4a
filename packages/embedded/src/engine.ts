import { dirname } from 'node:path';
import { type Entry, isNoriKVError, UnavailableError } from '@norikv/store';
import { writeWholeFile } from './backup.js';
import { explainCommitFailure } from './commit-failure.js';
import { type Bytes, type Environment, openEnvironment } from './environment.js';
import { endProcessOnExit } from './exit-guard.js';
import { ExpiryIndex } from './expiry-index.js';
import { type Folder, removeFolder } from './folder.js';
import { enterGeneration } from './generation.js';
import { IdempotencyMemory } from './idempotency.js';
import { Keyspace } from './keyspace.js';
import { enlist } from './neighbours.js';
import { nextTurn } from './next-turn.js';
import { admit } from './openers.js';
import { machineClock, type Settings } from './options.js';
import type { WriteOrder } from './pending-write.js';
import { RecordTable } from './record-table.js';
import { StoreTime } from './store-time.js';
import { Sweeper, type SweepPass, sweepPass } from './sweeper.js';
import { WriteQueue } from './write-queue.js';
import { WriteTransaction } from './write-transaction.js';

/** Of writes that are the store's own. */
const ownWork = { bytes: 0, options: {}, key: undefined };

/** Figures about a store. */
export interface EmbeddedStats {
  /** Keys, expired ones that are not swept yet included. */
  readonly keys: number;
  /** Remembered idempotency keys, likewise. */
  readonly idempotencyKeys: number;
  /** Records of both kinds that expire one day. */
  readonly expiring: number;
  /** Writes that wait for a transaction in this process. */
  readonly waitingWrites: number;
  /** Size of the data file. It never shrinks; freed pages are used again. */
  readonly fileBytes: number;
}

/** An open store without the dress: tables, the way in for writes, and the end of it all. */
export class Engine {
  readonly keyspace: Keyspace;
  readonly #folder: Folder;
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #counter: RecordTable;
  readonly #expiries: ExpiryIndex;
  readonly #expiring: readonly RecordTable[];
  readonly #time: StoreTime;
  readonly #queue: WriteQueue;
  readonly #backups = new Set<Promise<void>>();
  #leave: (() => void) | undefined;
  #sweeper: Sweeper | undefined;

  /** Opens the files. See {@link openEnvironment} for when this may be called. */
  constructor(folder: Folder, settings: Settings) {
    const environment = openEnvironment(folder, settings.durability === 'disk');
    const expiries = new ExpiryIndex(environment.expiries);
    const entries = new RecordTable(environment.entries, expiries, 1);
    const answers = new RecordTable(environment.idempotency, expiries, 2);
    this.#folder = folder;
    this.#settings = settings;
    this.#environment = environment;
    this.#expiries = expiries;
    this.#counter = new RecordTable(environment.meta, expiries, 0);
    this.#time = new StoreTime(settings.clock);
    this.#expiring = [entries, answers];
    this.keyspace = new Keyspace(entries, new IdempotencyMemory(answers, settings.idempotencyRetentionMs));
    this.#queue = new WriteQueue({
      clock: settings.clock,
      maxPendingBytes: settings.maxPendingBytes,
      commit: (work) => this.#commit(work),
      begin: () => new WriteTransaction(this.#counter, this.#time.nowMs()),
    });
    if (folder.isTemporary) this.#hideFolder();
    else this.#leave = enlist(folder.dataFile, this.#queue);
  }

  /** Joins the other openers, or throws StoreInUseError. */
  async enter(): Promise<void> {
    const { clock, sweepIntervalMs } = this.#settings;
    // The first read takes this store's line in the table of readers, by which others know of it.
    this.#isReadable();
    await this.#queue.submit({
      ...ownWork,
      work: () => {
        const isAlone = admit(this.#environment, this.#settings);
        enterGeneration(this.#environment, this.#counter, this.#folder, clock.now());
        if (clock === machineClock) this.#time.agree(this.#environment.meta, isAlone);
      },
    });
    this.#sweeper = new Sweeper(async () => this.#isAnythingDue() && this.sweep(), sweepIntervalMs);
  }

  /** Reads what is committed now, by whichever process. */
  find(keyBytes: Uint8Array): Entry | null {
    try {
      this.#refresh();
      return this.keyspace.find(keyBytes, this.#time.nowMs());
    } catch (error) {
      if (isNoriKVError(error)) throw error;
      throw new UnavailableError(`The store cannot be read (${String(error)})`, {
        outcome: 'not-applied',
        cause: error,
      });
    }
  }

  write<T>(order: WriteOrder<T>): Promise<T> {
    return this.#queue.submit(order);
  }

  async sweep(): Promise<number> {
    let removed = 0;
    let pass: SweepPass;
    do {
      pass = await this.#queue.submit({
        ...ownWork,
        work: (transaction) => sweepPass(transaction, this.#expiries, this.#expiring),
      });
      removed += pass.removed;
    } while (pass.isFull);
    return removed;
  }

  async backup(file: string): Promise<void> {
    const work = writeWholeFile(file, (partial) => this.#environment.root.backup(partial, false));
    this.#backups.add(work);
    await work.finally(() => this.#backups.delete(work));
  }

  /** Counts what is stored. */
  stats(): EmbeddedStats {
    this.#refresh();
    const { entries, idempotency, expiries } = this.#environment;
    const { pageSize, lastPageNumber } = figuresOf(entries);
    return {
      keys: figuresOf(entries).entryCount,
      idempotencyKeys: figuresOf(idempotency).entryCount,
      expiring: figuresOf(expiries).entryCount,
      waitingWrites: this.#queue.waiting,
      fileBytes: pageSize * (lastPageNumber + 1),
    };
  }

  /** Ends when every write that was asked for has been answered and the files are closed. */
  async close(): Promise<void> {
    this.#sweeper?.stop();
    await this.#queue.drained();
    await Promise.allSettled(this.#backups);
    this.#leave?.();
    await this.#environment.root.close();
    if (this.#folder.isTemporary) removeFolder(this.#folder);
  }

  /** Runs work in a write transaction, all or nothing. Rejects with an error of the contract. */
  async #commit(work: () => void): Promise<void> {
    const { root } = this.#environment;
    const release = endProcessOnExit();
    try {
      if (!this.#isUnsharedAndUnflushed()) await root.childTransaction(work);
      else {
        await nextTurn();
        root.transactionSync(work);
      }
    } catch (error) {
      const folder = dirname(this.#folder.path);
      throw await explainCommitFailure(error, { folder, readable: this.#isReadable() });
    } finally {
      release();
    }
  }

  /** Then the detour over another thread, to wait for locks and disks, is all cost. */
  #isUnsharedAndUnflushed(): boolean {
    return this.#folder.isTemporary && this.#settings.durability === 'os';
  }

  /** lmdb keeps one read transaction for a whole turn of the event loop, which would hide newer commits. */
  #refresh(): void {
    this.#environment.root.resetReadTxn();
  }

  #isReadable(): boolean {
    try {
      this.#refresh();
      this.#counter.look(Buffer.from('counter'));
      return true;
    } catch {
      return false;
    }
  }

  #isAnythingDue(): boolean {
    this.#refresh();
    return this.#expiries.due(this.#time.nowMs(), 1).length > 0;
  }

  /** Where the system lets go of a file that is open, nothing is left behind even if this process is killed. */
  #hideFolder(): void {
    if (process.platform !== 'win32') removeFolder(this.#folder);
  }
}

interface Figures {
  readonly entryCount: number;
  readonly pageSize: number;
  readonly lastPageNumber: number;
}

function figuresOf(database: Bytes): Figures {
  return database.getStats() as Figures;
}
