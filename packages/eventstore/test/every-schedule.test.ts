import type { Clock, KvStore } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  allFaults,
  createCarelessStore,
  drawn,
  everySchedule,
  load,
  maxFaults,
} from '../../testkit/test/every-schedule/every-schedule.js';
import { parkedWhileConsumed, repeatedWhileChanged } from './schedules/large-scenarios.js';
import {
  appendedWhileCut,
  consuming,
  deletedWhileCut,
  erased,
  oneCommit,
  parked,
  projected,
  publishedWhenClean,
  publishedWhenDirty,
  publishedWhenNew,
  type Scenario,
  sealedAndCut,
  takenOver,
  twoCommands,
} from './schedules/scenarios.js';

async function explore(
  scenario: Scenario,
  createStore = (clock: Clock): KvStore => createMemoryStore({ clock }),
): Promise<number> {
  return await everySchedule(scenario, { faults: allFaults, maxFaults, createStore });
}

beforeEach(() => {
  // Encrypting is real work, for which no schedule waits.
  vi.spyOn(crypto.subtle, 'importKey').mockImplementation(async () => ({}) as never);
  vi.spyOn(crypto.subtle, 'encrypt').mockImplementation(async (_cipher, _key, data) => data as never);
  vi.spyOn(crypto.subtle, 'decrypt').mockImplementation(async (_cipher, _key, data) => data as never);
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('no schedule breaks that', { timeout: 600_000 * Math.max(1, load) }, () => {
  it.each<[string, Scenario]>([
    ['a commit is there once, with one answer, whoever repeats it', oneCommit],
    ['what is acknowledged is read, while old events are sealed and cut off', sealedAndCut],
    ['a command is decided on what all others have appended', twoCommands],
    ['the first event of a stream is published', publishedWhenNew],
    ['an event of a stream that was clean is published', publishedWhenClean],
    ['an event of a stream that is being swept is published, and behind nobody', publishedWhenDirty],
    [
      'each event is handled, in order, by a consumer or its successor',
      consuming((store, version) => store.put(`${version}`, '')),
    ],
    ['of consumers that begin at once one gets the group', takenOver],
    ['an event stays parked until it is handled or dropped', parked],
    ['each event is in a record once', projected],
    ['what is erased stays so, and an append is known that came before', erased],
  ])('%s', async (_, scenario) => {
    expect(await explore(scenario)).toBeGreaterThan(50);
  });
});

describe('no schedule drawn at random breaks that', { timeout: 600_000 * Math.max(1, load) }, () => {
  it.each<[string, Scenario, number]>([
    ['an append is told what it conflicts with, while that is cut off', appendedWhileCut, 1_000],
    ['the end of a stream is told what it conflicts with, while that is cut off', deletedWhileCut, 1_000],
    ['an append is there once, and known, whatever else becomes of its stream', repeatedWhileChanged, 1_000],
    ['what two consumers of a group fail at is handled in the end', parkedWhileConsumed, 300],
  ])('%s', async (_, scenario, maxSchedules) => {
    const options = { faults: allFaults, maxFaults: 3, maxDelays: 1, ...drawn(maxSchedules) };
    expect(await everySchedule(scenario, options)).toBeGreaterThanOrEqual(maxSchedules);
  });
});

describe('the schedules notice', () => {
  it.each<[string, Scenario, RegExp]>([
    ['commits', oneCommit, /./],
    ['events that are cut off', sealedAndCut, /./],
    ['commands', twoCommands, /./],
    ['streams that are clean', publishedWhenClean, /./],
    ['streams that are swept', publishedWhenDirty, /./],
    ['what is parked', parked, /./],
    ['appends that are repeated', repeatedWhileChanged, /./],
  ])('a store that ignores conditions, by %s', async (_, scenario, message) => {
    await expect(explore(scenario, createCarelessStore)).rejects.toThrow(message);
  });

  it('a handler that does not wait for its effect', async () => {
    const lazy = consuming(async (store, version) => void store.put(`${version}`, '').catch(() => {}));
    await expect(explore(lazy)).rejects.toThrow();
  });
});
