import { type Entry, isNoriKVError, type NoriKVError } from '@norikv/store';
import { writeBackup } from './backup.js';
import { explainCommitFailure } from './commit-failure.js';
import { CommitLog } from './commit-log.js';
import type { EmbeddedStats } from './embedded-store.js';
import { closeFiles, type Environment } from './environment.js';
import { unloadable, unreadable } from './errors.js';
import { ExpiryIndex } from './expiry-index.js';
import { figuresOf } from './figures.js';
import { type Folder, removeFolder } from './folder.js';
import type { Gate } from './gate.js';
import { enterGeneration } from './generation.js';
import { IdempotencyMemory } from './idempotency.js';
import { Keyspace } from './keyspace.js';
import { admit, unlessDying } from './openers.js';
import { machineClock, type Settings } from './options.js';
import type { WriteOrder } from './pending-write.js';
import { RecordTable } from './record-table.js';
import { noRoomFor, roomOf } from './room.js';
import { forgetTime, StoreTime } from './store-time.js';
import { Sweeper, type SweepPass, sweepPass } from './sweeper.js';
import type { Vectors } from './vectors/vectors.js';
import { WriteQueue } from './write-queue.js';
import { committed, WriteTransaction } from './write-transaction.js';

// After it has lost so many races to other processes, a transaction is filled under the write lock.
const mostLostRaces = 8;

/** For writes of the store itself. */
const ownWork = { bytes: 0, options: {}, key: undefined };

/** An open store behind the checks of its calls: the tables, the queue of writes, entering and closing. */
export class Engine {
  readonly keyspace: Keyspace;
  readonly #folder: Folder;
  readonly #settings: Settings;
  readonly #environment: Environment;
  readonly #gate: Gate;
  readonly #commits: CommitLog;
  readonly #expiries: ExpiryIndex;
  readonly #expiring: readonly RecordTable[];
  readonly #time: StoreTime;
  readonly #memory: IdempotencyMemory;
  readonly #queue: WriteQueue;
  readonly #underWay = new Set<Promise<unknown>>();
  #vectors: Promise<Vectors> | undefined;
  #sweeper: Sweeper | undefined;

  constructor(folder: Folder, settings: Settings, environment: Environment, gate: Gate) {
    const expiries = new ExpiryIndex(environment.expiries);
    const entries = new RecordTable(environment.entries, expiries, 1);
    const answers = new RecordTable(environment.idempotency, expiries, 2);
    this.#folder = folder;
    this.#settings = settings;
    this.#environment = environment;
    this.#gate = gate;
    this.#commits = new CommitLog(environment.commits);
    this.#expiries = expiries;
    this.#expiring = [entries, answers];
    this.#time = new StoreTime(settings.clock);
    this.#memory = new IdempotencyMemory(answers, settings.idempotencyRetentionMs);
    this.keyspace = new Keyspace(entries, this.#memory);
    this.#queue = new WriteQueue({
      clock: settings.clock,
      maxPendingBytes: settings.maxPendingBytes,
      commit: (fill) => gate.together(() => this.#commit(fill)),
    });
    // Where open files outlive their names: then even a process that is killed leaves nothing behind.
    if (folder.isTemporary && process.platform !== 'win32') removeFolder(folder);
  }

  /** Joins the others who have the store open, or throws StoreInUseError. */
  async enter(): Promise<void> {
    const { clock, sweepIntervalMs } = this.#settings;
    const environment = this.#environment;
    try {
      const join = async (): Promise<void> =>
        this.#commitAtOnce((transaction) => {
          const isAlone = admit(transaction, environment, this.#gate, this.#settings);
          enterGeneration(transaction, environment, this.#folder);
          if (clock === machineClock) this.#time.agree(transaction, environment.meta, isAlone);
          else if (isAlone) forgetTime(transaction, environment.meta);
        });
      await unlessDying(() => this.#gate.together(join));
    } catch (error) {
      throw await this.#explain(error);
    }
    this.#sweeper = new Sweeper(() => this.track(this.#tidy()), sweepIntervalMs);
  }

  /** Reads what is committed now, by whichever process. */
  find(keyBytes: Buffer): Entry | null {
    // Not through `#read`, whose closure every read would pay for.
    try {
      this.#refresh();
      return this.keyspace.find(committed, keyBytes, this.#time.nowMs());
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** Makes a vector call. Their code is loaded at the first one. */
  vectorCall<T>(call: (vectors: Vectors) => Promise<T>): Promise<T> {
    this.#vectors ??= this.#loadVectors().catch((error: unknown) => {
      this.#vectors = undefined;
      throw unloadable(error);
    });
    return this.track(this.#vectors.then(call));
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

  backup(file: string): Promise<void> {
    return this.track(writeBackup(this.#environment.root, file));
  }

  async stats(): Promise<EmbeddedStats> {
    const vectors = await this.vectorCall((calls) => calls.stats());
    this.#refresh();
    return { ...figuresOf(this.#environment), waitingWrites: this.#queue.waiting, vectors };
  }

  /** Makes closing wait for this work. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const forget = (): void => {
      this.#underWay.delete(work);
    };
    work.then(forget, forget);
    return work;
  }

  /** Resolves when every call under way has been answered and the files are closed. */
  async close(): Promise<void> {
    this.#sweeper?.stop();
    await Promise.allSettled(this.#underWay);
    await (await this.#vectors)?.close();
    await this.#queue.drained();
    await closeFiles(this.#environment.root, this.#gate);
    this.#gate.leave();
    if (this.#folder.isTemporary) removeFolder(this.#folder);
  }

  async #loadVectors(): Promise<Vectors> {
    const { openVectors } = await import('./vectors/open-vectors.js');
    return openVectors({
      environment: this.#environment,
      gate: this.#gate,
      expiries: this.#expiries,
      memory: this.#memory,
      settings: this.#settings,
      folder: this.#folder,
      read: (work) => this.#read(work),
      write: (order) => this.write(order),
      explain: (error) => this.#explain(error),
    });
  }

  #read<T>(work: () => T): T {
    try {
      this.#refresh();
      return work();
    } catch (error) {
      throw unreadable(error);
    }
  }

  async #commit(fill: (transaction: WriteTransaction) => void): Promise<void> {
    try {
      const isUnshared = this.#folder.isTemporary && this.#settings.durability === 'os';
      for (let races = 0; races < mostLostRaces && !isUnshared; races++) {
        if (await this.#commitUnlessTooLate(fill)) return;
      }
      this.#commitAtOnce(fill);
    } catch (error) {
      throw await this.#explain(error);
    }
  }

  #explain(error: unknown): Promise<NoriKVError> {
    return explainCommitFailure(error, { folder: this.#folder.volume, readable: this.#isReadable() });
  }

  /**
   * Fills a transaction from what is committed and lets another thread take the lock, write and flush: this
   * one never waits, and no lock ever waits for it. False if another process has committed in between.
   */
  async #commitUnlessTooLate(fill: (transaction: WriteTransaction) => void): Promise<boolean> {
    this.#refresh();
    const transaction = this.#filled(fill);
    return transaction.isEmpty || this.#commits.ifStillLast(transaction.base, () => transaction.apply());
  }

  /** Blocks this thread: for stores that nobody shares or flushes, after too many lost races, and for entering. */
  #commitAtOnce(fill: (transaction: WriteTransaction) => void): void {
    this.#environment.root.transactionSync(() => this.#filled(fill).apply());
  }

  #filled(fill: (transaction: WriteTransaction) => void): WriteTransaction {
    const transaction = new WriteTransaction(this.#commits, this.#time.nowMs());
    fill(transaction);
    const { largeBytes } = transaction;
    // A disk that refuses them may end the process, see docs/decisions/0190.
    if (largeBytes > 0 && roomOf(this.#folder.volume) < largeBytes) throw noRoomFor(largeBytes);
    return transaction;
  }

  /** lmdb keeps one read transaction for a whole turn of the event loop, which would hide newer commits. */
  #refresh(): void {
    this.#environment.root.resetReadTxn();
  }

  #isReadable(): boolean {
    try {
      this.#refresh();
      this.#commits.last();
      return true;
    } catch (error) {
      return isNoriKVError(error);
    }
  }

  async #tidy(): Promise<void> {
    // A process that was killed while it read would keep all pages freed since from being used again.
    this.#environment.root.readerCheck();
    this.#refresh();
    if (this.#expiries.due(this.#time.nowMs(), 1).length > 0) await this.sweep();
    (await this.#vectors)?.forgetDropped();
  }
}
