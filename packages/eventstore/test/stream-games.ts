import type { Game, Step } from '../../testkit/test/one-order/game.js';
import { createCommandHandler, type Decider, EventStore, type ExpectedVersion } from '../src/index.js';

/** One stream. Its last version is `last`, and `events` are the newest up to there. */
export interface Stream {
  readonly status: 'absent' | 'live' | 'archived' | 'tombstoned';
  readonly last: number;
  readonly events: readonly string[];
  readonly commits: Readonly<Record<string, number>>;
}
interface Added {
  type: 'Added';
  data: string;
}
export interface Process {
  readonly store: EventStore<Added>;
  handle(command: Command, commitId: string | undefined): Promise<unknown>;
}
interface Command {
  readonly name: string;
  readonly most: number;
}
type StreamStep = Step<Process, Stream>;

const added = (data: string): Added => ({ type: 'Added', data });
const live = (stream: Stream, names: readonly string[]): Stream => ({
  ...stream,
  status: 'live',
  last: stream.last + names.length,
  events: [...stream.events, ...names],
});
const over = (stream: Stream, status: 'absent' | 'tombstoned'): Stream => ({ ...stream, status, events: [] });

const list: Decider<readonly string[], Command, Added> = {
  name: 'list',
  revision: '1',
  initial: () => [],
  evolve: (names, { data }) => [...names, data],
  decide({ name, most }, names) {
    if (names.length >= most) throw Object.assign(new Error('It is full'), { code: 'FULL' });
    return added(name);
  },
};

function append(names: readonly string[], expected: ExpectedVersion): StreamStep {
  return {
    name: `append ${names} at ${expected}`,
    call: async ({ store }) => (await store.append('s', names.map(added), { expected })).version,
    apply(stream) {
      const { status, last } = stream;
      if (status === 'tombstoned' || status === 'archived') return [stream, 'STREAM_CLOSED'];
      const isThere = status === 'live';
      const fits =
        { any: true, none: !isThere, exists: isThere }[expected] ?? expected === (isThere ? last : 0);
      return fits ? [live(stream, names), last + names.length] : [stream, 'STREAM_CONFLICT'];
    },
  };
}

function handle(command: Command, commitId: string | undefined): StreamStep {
  const name = commitId ?? command.name;
  return {
    name: `handle ${name} up to ${command.most}`,
    call: (process) => process.handle({ ...command, name }, commitId),
    apply(stream) {
      const { status, last, events, commits } = stream;
      const known = commits[commitId ?? ''];
      if (known !== undefined) return [stream, known > last - events.length ? [known] : []];
      if (status === 'tombstoned' || status === 'archived') return [stream, 'STREAM_CLOSED'];
      if (events.length >= command.most) return [stream, 'FULL'];
      const next = live(stream, [name]);
      const names = commitId === undefined ? commits : { ...commits, [commitId]: next.last };
      return [{ ...next, commits: names }, next.events];
    },
  };
}

const read: StreamStep = {
  name: 'read',
  async call({ store }) {
    const { exists, version, events } = await store.read('s');
    return [exists, version, events.map((event) => `${event.version} ${event.data}`)];
  },
  apply(stream) {
    const { status, last, events } = stream;
    if (status !== 'live') return [stream, [false, 0, []]];
    const first = last - events.length + 1;
    return [stream, [true, last, events.map((name, place) => `${first + place} ${name}`)]];
  },
};
const loadState: StreamStep = {
  name: 'load',
  async call({ store }) {
    const { state, version, exists } = await store.load('s', list);
    return [state, version, exists];
  },
  apply: (stream) =>
    stream.status === 'live' ? [stream, [stream.events, stream.last, true]] : [stream, [[], 0, false]],
};
const remove: StreamStep = {
  name: 'delete',
  call: ({ store }) => store.deleteStream('s'),
  apply(stream) {
    const isThere = stream.status === 'live' || stream.status === 'archived';
    return isThere ? [over(stream, 'absent'), true] : [stream, false];
  },
};
const archive: StreamStep = {
  name: 'archive',
  call: ({ store }) => store.archiveStream('s'),
  apply: (stream) => (stream.status === 'live' ? [{ ...stream, status: 'archived' }, true] : [stream, false]),
};
const restore: StreamStep = {
  name: 'restore',
  call: ({ store }) => store.restoreStream('s'),
  apply: (stream) => (stream.status === 'archived' ? [{ ...stream, status: 'live' }, true] : [stream, false]),
};
const tombstone: StreamStep = {
  name: 'tombstone',
  call: ({ store }) => store.tombstoneStream('s'),
  apply: (stream) => (stream.status === 'tombstoned' ? [stream, false] : [over(stream, 'tombstoned'), true]),
};

/** Long and short streams, sealed after each event, now and then, or never; with state in the head, or without. */
function newGame(
  random: () => number,
  nextOf: (upTo: (most: number) => number, number: number, before: number) => StreamStep,
): Game<Process, Stream> {
  const upTo = (most: number): number => Math.floor(random() * most);
  const rollBytes = [1, 60, 150, 65_536][upTo(4)] as number;
  const inline = random() < 0.5 ? [list] : [];
  const before = Array.from({ length: upTo(12) }, (_, place) => `before ${place}`);
  const absent: Stream = { status: 'absent', last: 0, events: [], commits: {} };
  return {
    initial: before.length > 0 ? live(absent, before) : absent,
    async prepare({ store }) {
      for (const name of before) await store.append('s', 'Added', name);
    },
    open(client, clock) {
      const store = new EventStore<Added>(client, {
        clock,
        random,
        rollBytes,
        inline,
        prefetch: 1 + upTo(4),
      });
      const rememberedStreams = random() < 0.7 ? 1_024 : 0;
      const handler = createCommandHandler(store, list, { rememberedStreams });
      return {
        store,
        async handle(command, commitId) {
          const { isDuplicate, state, events } = await handler('s', command, { commitId });
          return isDuplicate ? events.map(({ version }) => version) : state;
        },
      };
    },
    next: (number) => nextOf(upTo, number, before.length),
  };
}

/** A stream that is appended to, read, archived, restored and deleted. */
export function lifeGame(random: () => number): Game<Process, Stream> {
  const lives = [remove, remove, archive, archive, restore, restore, tombstone];
  return newGame(random, (upTo, number, before) => {
    const place = upTo(28);
    if (place < lives.length) return lives[place] as StreamStep;
    if (place < 13) return read;
    const named = (['any', 'any', 'any', 'none', 'exists'] as const)[upTo(7)];
    const names = Array.from({ length: 1 + upTo(2) }, (_, part) => `event ${number}.${part}`);
    return append(names, named ?? upTo(before + 5));
  });
}

/** Commands, with names and without, and state. */
export function commandGame(random: () => number): Game<Process, Stream> {
  return newGame(random, (upTo, number) => {
    const place = upTo(12);
    if (place === 0) return remove;
    if (place < 4) return loadState;
    if (place < 6) return append([`event ${number}`], 'any');
    const commitId = upTo(3) === 0 ? `commit ${upTo(2)}` : undefined;
    return handle({ name: `event ${number}`, most: upTo(12) }, commitId);
  });
}
