import type { GetOptions } from '@norikv/store';
import type { Log } from '../log/log.js';
import type { EventReader } from './event-reader.js';
import type { EventShape, RecordedEvent } from './event-types.js';
import { isPresent } from './expected.js';
import type { InlineStates } from './inline-states.js';
import { evolved, type Loaded, newestUsable, type Reducer, type SnapshotSource, stateOf } from './reducer.js';

/** Where state is loaded from. */
export interface LoadParts {
  readonly log: Log;
  readonly reader: EventReader;
  readonly states: InlineStates;
}

/** Folds the events of a stream into state, from the newest snapshot on. */
export async function load<State, Event extends EventShape>(
  { log, reader, states }: LoadParts,
  name: string,
  reducer: Reducer<State, Event>,
  snapshots: SnapshotSource | undefined,
  { signal }: Pick<GetOptions, 'signal'>,
): Promise<Loaded<State>> {
  for (;;) {
    const [found, stored] = await Promise.all([
      log.peek(name, { signal }),
      snapshots?.get(name, reducer.name, { signal }),
    ]);
    const head = isPresent(found) ? found : undefined;
    const known = newestUsable([head?.snapshots[reducer.name], stored], reducer, head);
    let state = stateOf(known, reducer);
    const evolve = (event: RecordedEvent): void => {
      state = evolved(reducer, state, event as RecordedEvent<Event>);
    };
    const rest = { from: (known?.version ?? 0) + 1, signal };
    if (head && !(await reader.each(head, rest, evolve))) continue;
    const loaded = { state, version: head?.last ?? 0, exists: head !== undefined };
    if (head) states.note(head, reducer, loaded);
    return loaded;
  }
}
