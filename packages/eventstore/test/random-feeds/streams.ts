import { isNoriKVError } from '@norikv/store';
import { createCommandHandler, type Decider, SnapshotStore } from '../../src/index.js';
import type { Attempt } from './oracle.js';
import { eventOf, type Noted, type NotedEvent, numberOf, type World } from './world.js';

type Entry = readonly [stream: string, version: number, number: number];

const list: Decider<readonly Entry[], number, Noted> = {
  name: 'list',
  revision: '1',
  initial: () => [],
  evolve: (entries, event) => [...entries, entryOf(event as NotedEvent)],
  decide: (number) => eventOf(number),
};

export function entryOf(event: NotedEvent): Entry {
  return [event.aggregateId, event.version, numberOf(event)];
}

/** Appends to some streams at once. */
export async function append(world: World): Promise<void> {
  const chosen = world.streams.filter(() => world.random() < 0.5);
  await Promise.all(chosen.map((stream) => appendTo(world, stream)));
}

/** One commit or one command; repeated by any process while its outcome is unknown, if it has a name. */
async function appendTo(world: World, stream: string): Promise<void> {
  const { attempts, random } = world;
  const isCommand = random() < 0.3;
  const own = Array.from({ length: isCommand ? 1 : 1 + world.upTo(3) }, (_, place): Attempt => {
    const number = attempts.length + 1 + place;
    return { stream, number, startedAt: world.nextMoment(), endedAt: 0, outcome: 'unknown', version: 0 };
  });
  attempts.push(...own);
  const numbers = own.map(({ number }) => number);
  const commitId = random() < 0.6 ? `commit ${numbers[0]}` : undefined;
  const options = { commitId, expected: random() < 0.2 ? world.upTo(10) : 'any' } as const;
  for (let tries = 0; tries < 5; tries += 1) {
    const { store, clock, during } = world.oneOf(world.processes);
    const { doneAt } = world.erasureOf(stream);
    const askedAt = world.nextMoment();
    try {
      const result = await during(() =>
        isCommand
          ? createCommandHandler(store, list, { clock, random })(stream, numbers[0] ?? 0, options)
          : store.append(stream, numbers.map(eventOf), options),
      );
      if (result) {
        if (doneAt < askedAt && !result.isDuplicate)
          world.broken.push(`${stream} took events after it was erased`);
        const first = result.version + 1 - own.length;
        const endedAt = world.nextMoment();
        for (const [place, attempt] of own.entries())
          Object.assign(attempt, { outcome: 'acknowledged', endedAt, version: first + place });
        return;
      }
    } catch (error) {
      world.expect(error, 'STREAM_CONFLICT', 'STREAM_CLOSED', 'SUBJECT_ERASED');
      const isKnown = isNoriKVError(error) && error.outcome === 'not-applied';
      if (isKnown && tries === 0) for (const attempt of own) attempt.outcome = 'rejected';
      if (isKnown) return;
    }
    if (commitId === undefined) return;
  }
}

/** Archives, restores, deletes or truncates a stream, or erases its data. */
export async function change(world: World): Promise<void> {
  const { erasures, goneUpTo } = world;
  const { store, erasure, during } = world.oneOf(world.processes);
  const stream = world.oneOf(world.streams);
  const kind = world.upTo(world.isCut ? 12 : 6);
  const isSubject = world.isProtected && stream.startsWith('a');
  const work = async (): Promise<unknown> => {
    if (kind === 0 && isSubject) {
      const erased = erasures.get(stream) ?? {
        begunAt: world.nextMoment(),
        doneAt: Number.POSITIVE_INFINITY,
      };
      erasures.set(stream, erased);
      await erasure.erase(stream);
      erased.doneAt = Math.min(erased.doneAt, world.nextMoment());
    } else if (kind < 3) await store.archiveStream(stream);
    else if (kind < 6) await store.restoreStream(stream);
    else if (kind < 9) await store.deleteStream(stream);
    else if (kind === 9 && world.random() < 0.2) await store.tombstoneStream(stream);
    else {
      const before = 1 + world.upTo(await store.version(stream));
      goneUpTo.set(stream, Math.max(goneUpTo.get(stream) ?? 0, before - 1));
      await store.truncateStream(stream, before);
    }
    return undefined;
  };
  await during(work).catch((error) => world.expect(error));
}

/** Reads a stream, or loads its state from a snapshot that anybody may have saved. */
export async function look(world: World): Promise<void> {
  const { store, client, clock, during } = world.oneOf(world.processes);
  const stream = world.oneOf(world.streams);
  const askedAt = world.nextMoment();
  const check = (versions: readonly number[], last: number): void => {
    const first = world.isCut ? last - versions.length + 1 : 1;
    const isWhole = versions.every((version, place) => version === first + place) && last >= first - 1;
    if (!isWhole || last !== first + versions.length - 1)
      world.broken.push(`${stream} was read as ${versions} at ${last}`);
  };
  const work = async (): Promise<void> => {
    if (world.random() < 0.5 || world.isProtected) {
      const { events, version } = await store.read(stream, { includeArchived: world.random() < 0.5 });
      for (const event of events) world.see(event as NotedEvent, askedAt);
      check(
        events.map((event) => event.version),
        version,
      );
      return;
    }
    const snapshots = new SnapshotStore(client, { clock, random: world.random });
    const loaded = await store.load(stream, list, snapshots);
    for (const [owner, version, number] of loaded.state)
      world.sights.push({ stream: owner, version, number });
    check(
      loaded.state.map(([, version]) => version),
      loaded.version,
    );
    if (loaded.exists) await snapshots.save(stream, list, loaded);
  };
  await during(work).catch((error) => world.expect(error));
}
