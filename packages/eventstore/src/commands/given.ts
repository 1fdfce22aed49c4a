import type { EventShape, NewEvent, RecordedEvent } from '../events/event-types.js';
import { evolved, stateOf } from '../events/reducer.js';
import { type Decider, eventsOf } from './decider.js';

/** What is expected of a command. Each check rejects if it is not met. */
export interface Outcome<Event extends EventShape> {
  /** These events, by type and data, in order. */
  thenEvents(events: readonly NewEvent<Event>[]): Promise<void>;
  /** No events and no refusal. */
  thenNothingHappened(): Promise<void>;
  /** A refusal, whose message contains the text or matches, if one is given. */
  thenThrows(message?: string | RegExp): Promise<void>;
}

/** The command of a scenario. */
export interface Scenario<Command, Event extends EventShape> {
  /** The command to decide. */
  when(command: Command): Outcome<Event>;
}

/**
 * Describes a decision by example, without a store.
 *
 * @example
 * ```ts
 * await given(account, [{ type: 'Opened', data: {} }])
 *   .when({ type: 'Withdraw', amount: 1 })
 *   .thenThrows('Insufficient funds');
 * ```
 */
export function given<State, Command, Event extends EventShape>(
  decider: Decider<State, Command, Event>,
  events: readonly NewEvent<Event>[] = [],
): Scenario<Command, Event> {
  const history = events.map((event, index): RecordedEvent => {
    const { type, data, metadata = {}, id = `given-${index}` } = event as NewEvent;
    return { id, type, data, metadata, aggregateId: 'given', timestamp: 0, version: index + 1 };
  });
  const state = (history as RecordedEvent<Event>[]).reduce(
    (before, event) => evolved(decider, before, event),
    stateOf(undefined, decider),
  );
  return {
    when(command) {
      const decide = async (): Promise<readonly NewEvent[]> => eventsOf(await decider.decide(command, state));
      const check = async (expected: readonly NewEvent[]): Promise<void> => {
        const [actual, wanted] = [described(await decide()), described(expected)];
        if (actual !== wanted) throw new Error(`The command should decide ${wanted}, but decided ${actual}`);
      };
      return {
        thenEvents: (expected) => check(expected as readonly NewEvent[]),
        thenNothingHappened: () => check([]),
        async thenThrows(message = '') {
          const refusal = await decide().then(
            () => undefined,
            (error: unknown) => (error instanceof Error ? error.message : String(error)),
          );
          const fits = typeof message === 'string' ? refusal?.includes(message) : message.test(refusal ?? '');
          if (refusal === undefined || !fits) {
            throw new Error(
              `The command should throw ${message || 'an error'}, but ${refusal ?? 'it was accepted'}`,
            );
          }
        },
      };
    },
  };
}

function described(events: readonly NewEvent[]): string {
  return JSON.stringify(
    events.map(({ type, data }) => ({ type, data })),
    sorted,
  );
}

/** Two objects are the same in whatever order their properties are. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1)));
}
