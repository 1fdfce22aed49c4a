import { errorCode, VersionMismatchError } from '@norikv/store';
import type { StreamConflictError } from '../errors.js';
import type { EventStore } from '../events/event-store.js';
import type { EventShape, NewEvent, RecordedEvent } from '../events/event-types.js';
import type { ExpectedVersion } from '../events/expected.js';
import type { AppendOptions, AppendResult } from '../events/options.js';
import { evolved, type Loaded, type SnapshotSource, stateOf } from '../events/reducer.js';
import { ask } from '../events/refusals.js';
import { beforeWrite, type Patience } from '../log/before-write.js';
import type { CommandResult } from './command-result.js';
import { type Decider, eventsOf } from './decider.js';
import { StateMemory } from './state-memory.js';

/** These say nothing about the command; looking it up would most likely fail as well. */
const storeFailures: readonly string[] = [
  'UNAVAILABLE',
  'OUTCOME_UNKNOWN',
  'CANCELLED',
  'DEADLINE_EXCEEDED',
  'CONTENTION',
  'CORRUPT_RECORD',
];

/** A command, where it belongs, and how long its caller still waits. */
export interface Order<Command> {
  readonly aggregateId: string;
  readonly command: Command;
  readonly options: AppendOptions;
  readonly patience: () => Patience;
}

/** A state, and what a command makes of it. */
interface Decided<State, Event extends EventShape> {
  readonly known: Loaded<State>;
  readonly events: readonly NewEvent<Event>[];
}

/** Loads a stream, decides and appends, once; remembers the state, and catches up with those who were first. */
export class CommandRunner<State, Command, Event extends EventShape> {
  readonly #store: EventStore<Event>;
  readonly #decider: Decider<State, Command, Event>;
  readonly #snapshots: SnapshotSource | undefined;
  readonly #memory: StateMemory<State>;

  constructor(
    store: EventStore<Event>,
    decider: Decider<State, Command, Event>,
    snapshots: SnapshotSource | undefined,
    rememberedStreams: number,
  ) {
    this.#store = store;
    this.#decider = decider;
    this.#snapshots = snapshots;
    this.#memory = new StateMemory(store.isProtected ? 0 : rememberedStreams);
  }

  async run(order: Order<Command>): Promise<CommandResult<State, Event>> {
    const { aggregateId, options, patience } = order;
    const decided = await beforeWrite(() => this.#decide(order), patience());
    if (!decided) return this.#elsewhere(order);
    const { known, events } = decided;
    if (events.length === 0) {
      const { state, version } = known;
      return (await this.#repeated(order)) ?? { state, version, events: [], isDuplicate: false };
    }
    const expected: ExpectedVersion = known.exists ? known.version : 'none';
    let outcome: { readonly version: number | undefined; readonly state: () => State } | undefined;
    // Before the commit: what `evolve` throws for is not appended. Once: a careless one alters what it is given.
    const accept = (recorded: readonly RecordedEvent[]): void => {
      ask(options.accept, recorded);
      const version = recorded.at(-1)?.version;
      // Anew if others made and deleted the stream meanwhile: it is still absent, but its versions are later ones.
      if (!outcome || outcome.version !== version) {
        outcome = { version, state: outcomeOf(() => this.#evolve(this.#stateOf(known), recorded)) };
      }
      outcome.state();
    };
    const limits = { ...options, expected, accept, deadlineMs: patience().timeoutMs };
    const result = await this.#store.append(aggregateId, events, limits);
    const { version } = result;
    this.#memory.forget(aggregateId);
    if (result.isDuplicate || !outcome) return this.#loadedAfter(aggregateId, result);
    const state = outcome.state();
    this.#memory.keep(aggregateId, { state, version, exists: true });
    return { state, version, events: result.events, isDuplicate: false };
  }

  /**
   * What became of a command that failed: one that was done before may be refused now, or decide otherwise.
   *
   * @throws the error, unless it was done.
   */
  async settle(error: unknown, order: Order<Command>): Promise<CommandResult<State, Event>> {
    if (storeFailures.includes(errorCode(error) ?? '')) throw error;
    const done = await this.#repeated(order);
    if (!done) throw error;
    return done;
  }

  /** The conflict brings the events that the remembered state lacks. */
  catchUp({ aggregateId, version, events, wasDeleted }: StreamConflictError): void {
    const known = this.#memory.get(aggregateId);
    this.#memory.forget(aggregateId);
    if (wasDeleted || !known?.exists || version !== known.version + events.length) return;
    this.#memory.keep(aggregateId, { state: this.#evolve(known.state, events), version, exists: true });
  }

  /** What to append to which state; undefined if the stream is not where it is expected. */
  async #decide({
    aggregateId,
    command,
    options,
  }: Order<Command>): Promise<Decided<State, Event> | undefined> {
    const { expected } = options;
    const known = this.#memory.get(aggregateId);
    if (known && isWhere(known, expected)) {
      try {
        const events = eventsOf(await this.#decider.decide(command, this.#stateOf(known)));
        if (events.length > 0) return { known, events };
      } catch {
        // It may be that the state is old: decided below on what the store holds.
      }
    }
    const loaded = await this.#store.load(aggregateId, this.#decider, this.#snapshots);
    this.#memory.keep(aggregateId, loaded);
    if (!isWhere(loaded, expected)) return undefined;
    return { known: loaded, events: eventsOf(await this.#decider.decide(command, loaded.state)) };
  }

  async #elsewhere(order: Order<Command>): Promise<CommandResult<State, Event>> {
    const done = await this.#repeated(order);
    if (done) return done;
    const { aggregateId, options, patience } = order;
    const { expected, signal } = options;
    await this.#store.append(aggregateId, [], { expected, signal, deadlineMs: patience().timeoutMs });
    throw new VersionMismatchError('The stream has reached the expected version since it was loaded');
  }

  /** Looked up only when a command cannot be appended: an append recognises its repetition by itself. */
  async #repeated({
    aggregateId,
    options: { commitId },
    patience,
  }: Order<Command>): Promise<CommandResult<State, Event> | undefined> {
    if (commitId === undefined) return undefined;
    const known = await beforeWrite(() => this.#store.findCommit(aggregateId, commitId), patience());
    return known && this.#loadedAfter(aggregateId, known);
  }

  async #loadedAfter(
    aggregateId: string,
    { version, events, isDuplicate }: AppendResult<Event>,
  ): Promise<CommandResult<State, Event>> {
    const { state } = await this.#store.load(aggregateId, this.#decider, this.#snapshots);
    return { state, version, events, isDuplicate };
  }

  /** Of a stream that is not there as `initial` gives it, not a copy: `decide` may compare it by identity. */
  #stateOf({ state, exists }: Loaded<State>): State {
    return exists ? state : stateOf(undefined, this.#decider);
  }

  #evolve(state: State, events: readonly RecordedEvent[]): State {
    const own = events as readonly RecordedEvent<Event>[];
    return own.reduce((before, event) => evolved(this.#decider, before, event), state);
  }
}

/** Does work once, and gives its result or throws its error whenever it is asked. */
function outcomeOf<Result>(work: () => Result): () => Result {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function isWhere({ exists, version }: Loaded<unknown>, expected: ExpectedVersion | undefined): boolean {
  if (expected === undefined || expected === 'any') return true;
  if (expected === 'exists') return exists;
  return expected === 'none' || expected === 0 ? !exists : exists && version === expected;
}
