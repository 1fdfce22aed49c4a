import { KvStore, Capabilities, Key, Clock, CancelTimer, GetOptions, Entry, PutOptions, DeleteOptions, Value, Condition, Version, VectorStore } from '@norikv/store';

/** A store under test. */
interface ConformanceTarget {
    readonly store: KvStore;
    /** Other handles on the same data (other clients, connections or processes). Races are spread over all. */
    readonly peers?: readonly KvStore[] | undefined;
    /** Closes the store and releases all it holds. Called at least once, and again by some tests. */
    close(): Promise<void>;
}
/** What the suite needs of a test runner: `it` of Vitest, Jest, Mocha and `node:test` fits. */
interface TestRunner {
    /** Groups tests. */
    describe(name: string, body: () => void): unknown;
    readonly it: TestFunction;
}
/** Defines a test. `it` of `node:test` takes no time limit: give one by `--test-timeout`. */
interface TestFunction {
    (name: string, body: () => Promise<void>, timeoutMs?: number): unknown;
    /** Reports a test that cannot run. */
    skip(name: string, body: () => Promise<void>): unknown;
}
/** Numbers the contract leaves to the engine. */
interface ConformanceExpectations {
    /** How many milliseconds later than the contract's 20 an `exact` expiry may be noticed on this machine. Default 0. */
    readonly ttlToleranceMs?: number | undefined;
    /** How late a `coarse` expiry may be, in milliseconds. Default 2,000. */
    readonly coarseTtlMs?: number | undefined;
    /** How long an idempotency key is remembered, in milliseconds; tested with `advance`. Default: not tested. */
    readonly idempotencyWindowMs?: number | undefined;
    /** Whether `stale_ok` reads of one handle never go back in time. Default false. */
    readonly monotonicStaleReads?: boolean | undefined;
}
/** A test of a group that only the engine's own package can write. */
interface ProvidedTest {
    readonly name: string;
    /** Rejects if the test fails. */
    run(): Promise<void>;
}
/** Options of `defineConformance`. */
interface ConformanceOptions<Target extends ConformanceTarget = ConformanceTarget> extends TestRunner {
    /** What the store must declare: what it declares not to have is tested to be refused. */
    readonly capabilities: Capabilities;
    /** Opens a store; once for each test. It may hold data of earlier tests: every test has keys of its own. */
    readonly createStore: () => Promise<Target>;
    /** Closes the store in order and opens the same data again. */
    readonly reopen?: ((target: Target) => Promise<Target>) | undefined;
    /** Ends the process that owns the data without warning (`kill -9`) and opens the same data again. */
    readonly kill?: ((target: Target) => Promise<Target>) | undefined;
    /** Moves the store's fake clock. Without it the suite waits in real time. */
    readonly advance?: ((ms: number, target: Target) => Promise<void>) | undefined;
    /** Steps the store's wall clock, back if negative. */
    readonly jumpWallClock?: ((ms: number, target: Target) => void | Promise<void>) | undefined;
    readonly expectations?: ConformanceExpectations | undefined;
    /** Further tests by number of group: groups 20, 26 and 27 consist of nothing else. */
    readonly provided?: Readonly<Record<number, readonly ProvidedTest[]>> | undefined;
    /** Groups that cannot apply, by number, each with the reason. They are reported as skipped. */
    readonly notApplicable?: Readonly<Record<number, string>> | undefined;
    /** Share of the full load (64 writers, 10,000 calls, ...) to run, above 0 to 1. Default 1. */
    readonly load?: number | undefined;
    /** Time limit of each test in milliseconds, handed to `it`. Default 120,000. */
    readonly testTimeoutMs?: number | undefined;
}

/**
 * Defines the conformance suite of the store contract: 29 numbered groups, for any engine and any runner.
 *
 * What the store declares not to have is tested to fail closed: refused with `UnsupportedError` and nothing
 * written. What cannot be tested without a hook is reported through `it.skip`, by name and reason.
 *
 * @example
 * ```ts
 * import { createMemoryStore, defineConformance, FakeClock } from '@norikv/testkit';
 * import { describe, it } from 'vitest';
 *
 * const clock = new FakeClock();
 * defineConformance({
 *   describe,
 *   it,
 *   capabilities: createMemoryStore().capabilities,
 *   async createStore() {
 *     const store = createMemoryStore({ clock });
 *     return { store, close: () => store.close() };
 *   },
 *   advance: (ms) => clock.advance(ms),
 * });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong. Tests that find a fault reject with an `Error`.
 */
declare function defineConformance<Target extends ConformanceTarget>(options: ConformanceOptions<Target>): void;

/** How often each method was called. A call counts when it starts, whatever becomes of it. */
interface CallCounts {
    readonly get: number;
    readonly find: number;
    readonly put: number;
    readonly delete: number;
    readonly total: number;
}
/** A store that counts. */
interface CountedStore extends KvStore {
    /** The calls since the start or the last reset: a live object. */
    readonly calls: CallCounts;
    /** The calls for one key so far: a copy. */
    callsTo(key: Key): CallCounts;
    /** Sets every count to zero. */
    reset(): void;
}
/**
 * Wraps a store to count its calls, in total and per key: what a pattern costs in round trips.
 *
 * @example
 * ```ts
 * const store = countCalls(createMemoryStore());
 * await store.put('key', 'value');
 * store.calls.total; // 1
 * ```
 */
declare function countCalls(store: KvStore): CountedStore;

/** Options of {@link FakeClock}. */
interface FakeClockOptions {
    /** Wall-clock time at the start, in milliseconds since the epoch. Default: the start of 2025, UTC. */
    readonly nowMs?: number | undefined;
    /** How many timers one `run` fires before it gives the work up as endless. Default: 10,000,000. */
    readonly maxTimersPerRun?: number | undefined;
}
/** A clock of another process, derived from a {@link FakeClock}: it has its own rate and its own wall time. */
interface ProcessClock extends Clock {
    /** Steps `now()` by so many milliseconds, back if negative. Timers and `monotonic()` do not notice. */
    jumpWallClock(ms: number): void;
}
/**
 * A clock that stands still until a test moves it.
 *
 * Timers fire in order of due time, ties in the order they were started, never early. Before and after each
 * of them every promise that can settle has settled. Timers are kept to about a microsecond (1/1024 ms).
 *
 * @example
 * ```ts
 * const clock = new FakeClock();
 * const store = createMemoryStore({ clock, latencyMs: 5 });
 * await clock.run(() => store.put('key', 'value', { ttlMs: 1_000 })); // no real time passes
 * await clock.advance(1_000);                                        // the key is gone
 * ```
 */
declare class FakeClock implements ProcessClock {
    #private;
    constructor(options?: FakeClockOptions);
    /** Wall-clock time, in whole milliseconds as from `Date.now()`. */
    now(): number;
    /** Milliseconds since this clock was made. */
    monotonic(): number;
    /**
     * Calls back once after `delayMs`.
     *
     * @throws InvalidArgumentError for a delay that is NaN or endless.
     */
    startTimer(callback: () => void, delayMs: number): CancelTimer;
    /** Timers started and neither fired nor cancelled, those of derived clocks included. */
    get pendingTimers(): number;
    jumpWallClock(ms: number): void;
    /**
     * The clock of another process that runs at `rate` times this one's speed, its wall time `offsetMs` ahead.
     * It moves when this clock moves, and its timers are this clock's timers.
     */
    drifted(rate: number, offsetMs?: number): ProcessClock;
    /** Moves time forward by `ms`, firing every timer that falls due on the way. An error of a timer rejects. */
    advance(ms: number): Promise<void>;
    /** Moves time forward to the next timer and fires it. False if there is none. An error of the timer rejects. */
    next(): Promise<boolean>;
    /**
     * Moves time from timer to timer until the work settles, and returns what it gave.
     *
     * Timers the work leaves behind stay pending. Work that waits for something real (a file, a socket) gets
     * about a second of real time once no timer is left.
     *
     * @throws Error if the work waits and no timer is left that could wake it, or timers go on for ever.
     */
    run<T>(work: PromiseLike<T> | (() => PromiseLike<T>)): Promise<T>;
}

/** What a call does: `find` counts as a read like `get`. */
type Operation = 'get' | 'find' | 'put' | 'delete';

/** How long a call takes, there and back: a number of milliseconds, or a function asked for each call. */
type Latency = number | (() => number);

/** Options of {@link createMemoryStore}. */
interface MemoryStoreOptions {
    /** Default: the clock of the process. TTLs follow its `monotonic()`, so wall-clock jumps do not matter. */
    readonly clock?: Clock | undefined;
    /**
     * Time of one call in milliseconds, half of it before the store acts and half after. Default 0: the store
     * acts within the call and starts no timer.
     */
    readonly latencyMs?: Latency | undefined;
    /** Whether a lost condition tells what the key holds. Default true; engines on a wire may not. */
    readonly mismatchCarriesEntry?: boolean | undefined;
    /** How long an idempotency key is remembered, in milliseconds. Default: one day. */
    readonly idempotencyRetentionMs?: number | undefined;
    /**
     * Overrides of what the store declares. `ttl: 'none'`, `idempotency: 'none'`, `createIfAbsent: false` and
     * `deleteCas: false` also make it refuse such calls; the limits are kept; the others only change the label.
     */
    readonly capabilities?: Partial<Capabilities> | undefined;
}
/** A {@link KvStore} in the memory of this process. */
interface MemoryStore extends KvStore, AsyncDisposable {
    readonly capabilities: Capabilities;
    find(key: Key, options?: GetOptions): Promise<Entry | null>;
    /** Refuses further calls and resolves when those in flight have ended. Calling it again is fine. */
    close(): Promise<void>;
}
/**
 * The reference store: the whole contract, strictly atomic, in memory.
 *
 * What it holds is lost with the object, so `durableAck` is false; a test may override that label.
 *
 * @example
 * ```ts
 * const store = createMemoryStore();
 * const version = await store.put('greeting', 'hello');
 * await store.put('greeting', 'good day', { ifMatchVersion: version });
 * ```
 */
declare function createMemoryStore(options?: MemoryStoreOptions): MemoryStore;

/** The options of any call. */
type AnyOptions = GetOptions & PutOptions & DeleteOptions;

/**
 * What can happen to a call.
 * - `lost-request`: never applied; the caller gets `UnavailableError`, outcome unknown.
 * - `lost-reply`: applied; the caller gets `UnavailableError`, outcome unknown.
 * - `delayed-delivery`: the caller gets `UnavailableError` at once, and the request is applied later.
 * - `duplicated-delivery`: applied and answered, and a second copy of the request arrives later.
 * - `own-mismatch`: a conditional write is applied, its reply lost, and a careless client resends it and
 *   reports the mismatch its own write caused, without the entry. Other calls are not touched.
 * - `outage`: this call and all others fail like `lost-request` for a while. What is on its way still arrives.
 *
 * On a read, a fault that loses anything is an `UnavailableError`, outcome not-applied; the others do nothing.
 */
type Fault = 'lost-request' | 'lost-reply' | 'delayed-delivery' | 'duplicated-delivery' | 'own-mismatch' | 'outage';
/** The chance of each fault, 0 to 1; together at most 1. */
type FaultRates = {
    readonly [F in Fault]?: number | undefined;
};
/** A call for which a fault may be chosen. */
interface FaultCandidate {
    /** `find` is told apart from `get` here; a scripted fault for `get` meets both. */
    readonly operation: Operation;
    readonly key: Key;
    /** The value of a put. */
    readonly value: Value | undefined;
    readonly options: AnyOptions;
    /** The place of this call among all calls of the store, from 1. */
    readonly number: number;
}
/** The operations a fault can be scripted for; a scripted `get` also meets `find`. */
type ScriptedOperation = 'get' | 'put' | 'delete';

/** What a process of a race has. Code under test must get its store, its time and its chance from here. */
interface RaceProcess {
    /** "1" for the first program, and so on. */
    readonly name: string;
    /** The store of the world. Each call of it waits for its place in the schedule. */
    readonly store: KvStore;
    /** The clock of the world. */
    readonly clock: Clock;
    /** Random numbers, the same in every schedule. */
    readonly random: () => number;
}

/**
 * What can go wrong in a schedule: what {@link Fault} says, and
 * - `slow-reply`: a call is made, and its answer on its way for a while. That differs from an answer at once only for
 *   processes that do something meanwhile: other calls, or what timers begin.
 * - `crash`: a process ends, and what it had on its way is lost. (Where that arrives before, it is another schedule.)
 */
type ScheduleFault = Exclude<Fault, 'outage'> | 'slow-reply' | 'crash';

/** How a program of a race ended. One that crashed returned nothing. */
type RaceEnd<Result> = PromiseSettledResult<Result> | {
    readonly status: 'crashed';
};
/** What a process of a race does. */
type RaceProgram = (process: RaceProcess) => Promise<unknown>;
/** How the programs of a race ended, in their order. */
type RaceEnds<Programs extends readonly RaceProgram[]> = {
    [Index in keyof Programs]: RaceEnd<Awaited<ReturnType<Programs[Index]>>>;
};
/** A store, a clock and processes, made anew for each schedule. */
interface ScheduleWorld<Store extends KvStore = KvStore> {
    /** The store itself: calls made here are in no schedule. For what is there before a race, and for checks after it. */
    readonly store: Store;
    /** Stands still while a call can be answered. */
    readonly clock: FakeClock;
    /**
     * Starts a process for each program. Resolves when all have ended or crashed, and nothing is on its way any more.
     *
     * @throws what a program threw, unless it is a `NoriKVError`: those are in the result, but for those that say that the
     * program is wrong (`InvalidArgumentError`, `UnsupportedError`). An assertion in a callback whose
     * errors the code under test keeps to itself is not seen: note what is wrong there, and look at it after the race.
     * @throws Error if one waits for neither the store nor the clock.
     * @throws InvalidArgumentError for a program that is no function, such as a list of programs.
     */
    readonly race: <Programs extends readonly RaceProgram[]>(...programs: Programs) => Promise<RaceEnds<Programs>>;
}

/** Options of {@link exploreSchedules}. */
interface ExploreOptions<Store extends KvStore = MemoryStore> {
    /** What can go wrong. Default: nothing. */
    readonly faults?: readonly ScheduleFault[] | undefined;
    /** How many faults one schedule may have. Default 1. */
    readonly maxFaults?: number | undefined;
    /**
     * How often time may pass, until the next timer, although a call could be answered: a slow network, or a process that
     * stands still. Default 0: time passes when everybody waits for it.
     */
    readonly maxDelays?: number | undefined;
    /**
     * How often a schedule may leave a process for another one although it could go on. Default: any number. A bound makes
     * larger races possible, and most mistakes show with 2 (Musuvathi and Qadeer, CHESS, 2007).
     */
    readonly maxSwitches?: number | undefined;
    /** How many schedules there may be before it gives up, or, with `random`, how many there are. Default 100,000 or 1,000. */
    readonly maxSchedules?: number | undefined;
    /**
     * Draws schedules by chance instead of going through all: for races that are too large for that. Give a
     * {@link seededRandom}, to be able to repeat it.
     */
    readonly random?: (() => number) | undefined;
    /** Makes the store of each run; it must answer without waiting for anything real. Default: a memory store. */
    readonly createStore?: ((clock: FakeClock) => Store) | undefined;
}
/** What {@link exploreSchedules} did. */
interface Exploration {
    /** How many schedules were tried. Each has another outcome than all others, or another way to it, unless drawn by chance. */
    readonly schedules: number;
}
/**
 * Runs a scenario under every schedule: every order in which the store can answer the processes of its races, and every
 * way in which what you allow can go wrong. What it finds no fault with has none, for this scenario.
 *
 * Of schedules that differ only in the order of calls that do not matter to each other (of other keys, or two reads) one
 * is run. So processes must share nothing but the store, and what they return. Two processes of four calls each on one
 * key have 70 schedules, with one lost reply some 300; three processes soon have millions.
 *
 * @throws Error with the schedule, as a list, and what the scenario threw as its cause.
 * @throws Error if there are more than `maxSchedules`, if the scenario is not the same each time, or if it ends before its
 * race.
 * @throws InvalidArgumentError naming the option that is wrong.
 *
 * @example
 * ```ts
 * await exploreSchedules(
 *   async (world) => {
 *     const add = ({ store, clock, random }: RaceProcess) =>
 *       new DistributedCounter(store, 'visits', { clock, random }).increment();
 *     await world.race(add, add);
 *     assert.equal(await new DistributedCounter(world.store, 'visits').get(), 2);
 *   },
 *   { faults: ['lost-reply'] },
 * );
 * ```
 */
declare function exploreSchedules<Store extends KvStore = MemoryStore>(scenario: (world: ScheduleWorld<Store>) => Promise<void>, options?: ExploreOptions<Store>): Promise<Exploration>;

/** A write a client asked for. Values are text with one character a byte. */
type HistoryWrite = {
    readonly kind: 'put';
    readonly value: string;
    readonly condition: Condition;
} | {
    readonly kind: 'delete';
    readonly condition: Condition;
};
/** What a client asked for. */
type HistoryAction = {
    readonly kind: 'get';
} | HistoryWrite;
/** What a key held according to an answer. */
interface HistoryEntry {
    readonly value: string;
    readonly version: Version;
}
/**
 * What a client was told. `refused`: the condition did not hold; `actual` is what the key held (null: absent),
 * if the store said. `unknown`: no answer; the write may take effect at any later time, once, or never.
 */
type HistoryResult = {
    readonly kind: 'found';
    readonly entry: HistoryEntry;
} | {
    readonly kind: 'missing';
} | {
    readonly kind: 'written';
    readonly version: Version;
} | {
    readonly kind: 'deleted';
    readonly existed: boolean;
} | {
    readonly kind: 'refused';
    readonly actual?: HistoryEntry | null | undefined;
} | {
    readonly kind: 'unknown';
};
/** One call of one client. Times are places in one logical order of all calls and returns. */
interface HistoryOperation {
    readonly client: string;
    readonly key: string;
    readonly action: HistoryAction;
    readonly result: HistoryResult;
    readonly invokedAt: number;
    /** Infinity for an unknown result. */
    readonly returnedAt: number;
}
/** The calls of several clients of one store, in the order they began. */
declare class History implements Iterable<HistoryOperation> {
    #private;
    /** How many operations are recorded. */
    get size(): number;
    /**
     * Records that a call begins. Call what this returns with the answer; until then, and for `unknown`, the
     * operation stays open. Call it with undefined to drop a call that cannot have had an effect.
     */
    begin(client: string, key: string, action: HistoryAction): (result: HistoryResult | undefined) => void;
    /** The operations in the order in which they were asked for. */
    [Symbol.iterator](): Iterator<HistoryOperation>;
}

/** The verdict of {@link checkLinearizability}. */
type LinearizabilityResult = {
    readonly ok: true;
} | {
    readonly ok: false;
    readonly key: string;
    readonly explanation: string;
};
/**
 * Whether the answers of all clients can be explained by one order of their operations that respects real
 * time, key by key: a store that acts atomically at some moment between call and return, and whose
 * versions never repeat. A write without an answer may take effect at any time after its call, or never.
 *
 * Record every client: where a condition names a version before any recorded answer shows it, and is refused without
 * the entry, nothing is concluded from that about the version of a write whose reply was lost.
 *
 * Every key starts absent. Checking is exponential in the worst case, and fast for histories of some hundred
 * operations a key by some ten clients.
 *
 * @example
 * ```ts
 * const history = new History();
 * const clients = ['a', 'b'].map((name) => recordHistory(store, history, name));
 * // ... let the clients race ...
 * const verdict = checkLinearizability(history);
 * if (!verdict.ok) throw new Error(verdict.explanation);
 * ```
 */
declare function checkLinearizability(history: Iterable<HistoryOperation>): LinearizabilityResult;

/** A request option a server can fail to serve. */
type ServedOption = 'ifNotExists' | 'ifMatchVersion' | 'ttlMs' | 'idempotencyKey';
/** Options of {@link withLyingServer}. */
interface LyingServerOptions {
    /** Options it takes and forgets, as a server does that does not know a field. */
    readonly ignores?: readonly ServedOption[] | undefined;
    /** Options it answers with `UnsupportedError`, as a server does that does not know a method. */
    readonly refuses?: readonly ServedOption[] | undefined;
    /** Whether a put answers with a version that no get will ever show. */
    readonly putVersionsDiffer?: boolean | undefined;
    /** What it declares. Default: nothing, as a server that has never heard of the question. */
    readonly capabilities?: Capabilities | undefined;
}
/**
 * Wraps a store to behave like a server that does not keep the contract, to test that code refuses it
 * instead of trusting it.
 */
declare function withLyingServer(store: KvStore, options?: LyingServerOptions): KvStore;

/** A {@link MemoryStore} that serves vectors too. */
interface MemoryVectorStore extends MemoryStore, VectorStore {
}
/**
 * The reference store with the six vector calls: every distance computed in 64 bits, one by one.
 *
 * Calls for vectors take `latencyMs` and `idempotencyRetentionMs` too.
 *
 * @example
 * ```ts
 * const store = createMemoryVectorStore();
 * await store.vectorCreateIndex('places', 2, 'euclidean');
 * await store.vectorInsert('places', 'home', [3, 4]);
 * const { matches } = await store.vectorSearch('places', [0, 0], 1); // home, at a distance of 5
 * ```
 */
declare function createMemoryVectorStore(options?: MemoryStoreOptions): MemoryVectorStore;

/** How {@link raceClients} runs. */
interface ClientRace {
    /** Uniform in [0, 1). */
    readonly random: () => number;
    readonly keys: readonly string[];
    /** Default 8. */
    readonly clients?: number | undefined;
    /** Default 12. */
    readonly operationsPerClient?: number | undefined;
}
/**
 * Lets clients race on a few keys with every kind of call, spread over the handles, and records what they are
 * told: a history to check. Every value is written once. Errors with a code become part of the record.
 *
 * @throws whatever a call throws that is no error of a store, and InvalidArgumentError for a wrong option, and without
 * handle, key, client or operation.
 */
declare function raceClients(handles: readonly KvStore[], race: ClientRace): Promise<History>;

/**
 * Wraps a store to record what one client asks and is told. Give each concurrent client a wrapper of its
 * own, all with one {@link History}, and begin with keys that are absent.
 *
 * Expiry and idempotency keys are not part of the checked model: a call with `ttlMs` or `idempotencyKey` is
 * refused with `InvalidArgumentError`.
 */
declare function recordHistory(store: KvStore, history: History, client: string): KvStore;

/**
 * Random numbers in [0, 1) that are the same for the same seed, in place of `Math.random`.
 *
 * The generator is sfc32 (128 bits of state). It is good enough for simulations and not for secrets.
 */
declare function seededRandom(seed: number): () => number;

/** A store with vectors under test. */
interface VectorConformanceTarget {
    readonly store: KvStore & VectorStore;
    /** Other handles on the same data, which must see what the first one writes. */
    readonly peers?: readonly VectorStore[] | undefined;
    /** Closes the store and releases all it holds. Called at least once, and twice by one test. */
    close(): Promise<void>;
}
/** Options of `defineVectorConformance`. */
interface VectorConformanceOptions<Target extends VectorConformanceTarget = VectorConformanceTarget> extends TestRunner {
    /** Opens a store; once for each test. It may hold data of earlier tests. */
    readonly createStore: () => Promise<Target>;
    /** Closes the store in order and opens the same data again. */
    readonly reopen?: ((target: Target) => Promise<Target>) | undefined;
    /** Time limit of each test in milliseconds, handed to `it`. Default 60,000. */
    readonly testTimeoutMs?: number | undefined;
}
/**
 * Defines the conformance suite of the vector calls, for any engine and any runner.
 *
 * Distances are compared with the precision of 32-bit floats, which is all a wire carries.
 *
 * @example
 * ```ts
 * defineVectorConformance({
 *   describe,
 *   it,
 *   async createStore() {
 *     const store = createMemoryVectorStore();
 *     return { store, close: () => store.close() };
 *   },
 * });
 * ```
 *
 * @throws InvalidArgumentError if an option is wrong. Tests that find a fault reject with an `Error`.
 */
declare function defineVectorConformance<Target extends VectorConformanceTarget>(options: VectorConformanceOptions<Target>): void;

/** Options of {@link withFaults}. */
interface FaultOptions {
    /** Default: the clock of the process. */
    readonly clock?: Clock | undefined;
    /** Default: `Math.random`. Give a {@link seededRandom} for a run that can be repeated. */
    readonly random?: (() => number) | undefined;
    /** Time of one call in milliseconds, half before the store acts and half after. Default 0. */
    readonly latencyMs?: Latency | undefined;
    /** Faults by chance. Default: none. */
    readonly rates?: FaultRates | undefined;
    /** Chooses a fault for a call, or undefined to leave it to chance. */
    readonly decide?: ((call: FaultCandidate) => Fault | undefined) | undefined;
    /** How late a delayed or duplicated request arrives, in milliseconds. Default 50. */
    readonly delayMs?: Latency | undefined;
    /** How long an outage that begins by chance or by script lasts, in milliseconds. Default 200. */
    readonly outageMs?: number | undefined;
}
/** The handle on the faults of a store. */
interface FaultControl {
    /** Scripts what happens to the next calls of this kind, one fault each; undefined lets one through. */
    next(operation: ScriptedOperation, ...faults: readonly (Fault | undefined)[]): void;
    /**
     * Fails every call that starts within the next `durationMs`; without a duration, until {@link stop}. Requests on
     * their way still arrive.
     */
    outage(durationMs?: number): void;
    /** Ends the outage and every further fault. Requests already delayed still arrive. */
    stop(): void;
    /** How often each fault happened. */
    readonly injected: Readonly<Record<Fault, number>>;
    /** Requests that are delayed and have not arrived. */
    readonly undelivered: number;
}
/** A store whose calls can fail in every way a network can make them. */
interface FaultyStore extends KvStore {
    readonly faults: FaultControl;
}
/**
 * Wraps a store to inject faults, at random or exactly where a test wants them.
 *
 * @example
 * ```ts
 * const store = withFaults(createMemoryStore());
 * store.faults.next('put', 'lost-reply');
 * await store.put('key', 'value');    // throws UnavailableError, outcome "unknown"
 * await store.get('key');             // yet the value is there
 * ```
 */
declare function withFaults(store: KvStore, options?: FaultOptions): FaultyStore;

export { type AnyOptions, type CallCounts, type ClientRace, type ConformanceExpectations, type ConformanceOptions, type ConformanceTarget, type CountedStore, type Exploration, type ExploreOptions, FakeClock, type FakeClockOptions, type Fault, type FaultCandidate, type FaultControl, type FaultOptions, type FaultRates, type FaultyStore, History, type HistoryAction, type HistoryEntry, type HistoryOperation, type HistoryResult, type HistoryWrite, type Latency, type LinearizabilityResult, type LyingServerOptions, type MemoryStore, type MemoryStoreOptions, type MemoryVectorStore, type Operation, type ProcessClock, type ProvidedTest, type RaceEnd, type RaceEnds, type RaceProcess, type RaceProgram, type ScheduleFault, type ScheduleWorld, type ScriptedOperation, type ServedOption, type TestFunction, type TestRunner, type VectorConformanceOptions, type VectorConformanceTarget, checkLinearizability, countCalls, createMemoryStore, createMemoryVectorStore, defineConformance, defineVectorConformance, exploreSchedules, raceClients, recordHistory, seededRandom, withFaults, withLyingServer };
