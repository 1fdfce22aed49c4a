import { dirname } from 'node:path';
import { type Entry, isNoriKVError, type NoriKVError } from '@norikv/store';
import { writeWholeFile } from './backup.js';
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
import { forgetTime, StoreTime } from './store-time.js';
import { Sweeper, type SweepPass, sweepPass } from './sweeper.js';
import type { Vectors } from './vectors/vectors.js';
import { WriteQueue } from './write-queue.js';
import { committed, WriteTransaction } from './write-transaction.js';

// After so many races lost to other processes a transaction is filled with the write lock in hand.
const mostLostRaces = 8;

/** Of writes that are the store's own. */
const ownWork = { bytes: 0, options: {}, key: undefined };

/** An open store without the dress: tables, the way in for writes, and the end of it all. */
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
    // Where the system lets go of open files, nothing is left behind, not even by a process that is killed.
    if (folder.isTemporary && process.platform !== 'win32') removeFolder(folder);
  }

  /** Joins the other openers, or throws StoreInUseError. */
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
    // Not by way of the method below, which would cost every read a closure.
    try {
      this.#refresh();
      return this.keyspace.find(committed, keyBytes, this.#time.nowMs());
    } catch (error) {
      throw unreadable(error);
    }
  }

  /** Makes a vector call. What they need is loaded at the first one. */
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
    return this.track(writeWholeFile(file, (partial) => this.#environment.root.backup(partial, false)));
  }

  async stats(): Promise<EmbeddedStats> {
    const vectors = await this.vectorCall((calls) => calls.stats());
    this.#refresh();
    return { ...figuresOf(this.#environment), waitingWrites: this.#queue.waiting, vectors };
  }

  /** Ends when every write that was asked for has been answered and the files are closed. */
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

  /** Closing waits for it. */
  track<T>(work: Promise<T>): Promise<T> {
    this.#underWay.add(work);
    const forget = (): void => {
      this.#underWay.delete(work);
    };
    work.then(forget, forget);
    return work;
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
    const { path, isTemporary } = this.#folder;
    // A volume may be mounted right there, and a temporary folder is gone already.
    const folder = isTemporary ? dirname(path) : path;
    return explainCommitFailure(error, { folder, readable: this.#isReadable() });
  }

  /**
   * Fills a transaction from what is committed and lets another thread take the lock, write and flush: this
   * one never waits, and no lock ever waits for it. False if another process has committed in between.
   */
  async #commitUnlessTooLate(fill: (transaction: WriteTransaction) => void): Promise<boolean> {
    this.#refresh();
    const transaction = new WriteTransaction(this.#commits, this.#time.nowMs());
    fill(transaction);
    return transaction.isEmpty || this.#commits.ifStillLast(transaction.base, () => transaction.apply());
  }

  /** Keeps this thread until all is done: for stores nobody shares or flushes, for the unlucky, and to be let in. */
  #commitAtOnce(fill: (transaction: WriteTransaction) => void): void {
    this.#environment.root.transactionSync(() => {
      const transaction = new WriteTransaction(this.#commits, this.#time.nowMs());
      fill(transaction);
      transaction.apply();
    });
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
    // Who was killed while reading would keep all pages that are free since from being used again.
    this.#environment.root.readerCheck();
    this.#refresh();
    if (this.#expiries.due(this.#time.nowMs(), 1).length > 0) await this.sweep();
    (await this.#vectors)?.forgetDropped();
  }
}
