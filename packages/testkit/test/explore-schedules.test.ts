import { randomUUID } from 'node:crypto';
import {
  AlreadyExistsError,
  bytesToString,
  type Clock,
  find,
  InvalidArgumentError,
  stringToBytes,
  UnavailableError,
} from '@norikv/store';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sleep } from '../src/in-flight.js';
import {
  createMemoryStore,
  type ExploreOptions,
  exploreSchedules,
  type RaceEnd,
  type RaceProcess,
  type RaceProgram,
  type ScheduleFault,
  seededRandom,
} from '../src/index.js';
import {
  addAgainAndAgain,
  addBlindly,
  adding,
  addUnderCondition,
  type Move,
  mover,
  outcomesOf,
  outcomeText,
} from './schedules.js';

const write =
  (key: string) =>
  async ({ name, store }: RaceProcess) => {
    await store.put(key, name);
  };

describe('exploreSchedules', () => {
  it('finds an update that is lost, and tells how', async () => {
    const message = [
      'Schedule 1 fails: 2 of 2 were told, and the sum is 1',
      '  1. process 1: find "n"',
      '  2. process 2: find "n"',
      '  3. process 1: put "n"',
      '  4. process 2: put "n"',
    ].join('\n');
    const cause = new Error('2 of 2 were told, and the sum is 1');
    await expect(exploreSchedules(adding(addBlindly))).rejects.toEqual(new Error(message, { cause }));
    expect((await exploreSchedules(adding(addUnderCondition))).schedules).toBeGreaterThan(1);
  });

  it('tries each order, and only one of those that make no difference', async () => {
    const orders: string[] = [];
    const { schedules } = await exploreSchedules(async (world) => {
      const order: string[] = [];
      const readAndWrite = async ({ name, store }: RaceProcess): Promise<void> => {
        await find(store, 'n');
        order.push(`r${name}`);
        await store.put('n', name);
        order.push(`w${name}`);
      };
      await world.race(readAndWrite, readAndWrite);
      orders.push(order.join(' '));
    });
    // Two of the six differ from another one only in who reads first.
    expect(orders.sort()).toEqual(['r1 r2 w1 w2', 'r1 r2 w2 w1', 'r1 w1 r2 w2', 'r2 w2 r1 w1']);
    expect(schedules).toBe(4);
  });

  it('has every outcome that any order has', async () => {
    const move = fc.record<Move>({ kind: fc.constantFrom('read', 'write'), key: fc.constantFrom('a', 'b') });
    const process = fc.array(move, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(fc.array(process, { minLength: 2, maxLength: 3 }), async (processes) => {
        const outcomes = new Set<string>();
        await exploreSchedules(async (world) => {
          const ends = await world.race(...processes.map(mover));
          const values = new Map<string, string>();
          for (const key of ['a', 'b']) {
            const entry = await find(world.store, key);
            if (entry) values.set(key, bytesToString(entry.value));
          }
          outcomes.add(outcomeText(ends.map(resultOf), values));
        });
        expect([...outcomes].sort()).toEqual([...outcomesOf(processes)].sort());
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [0, ['1122', '2211']],
    [1, ['1122', '1221', '2112', '2211']],
    [2, ['1122', '1212', '1221', '2112', '2121', '2211']],
  ])('leaves a process that could go on %d times at most', async (maxSwitches, expected) => {
    const orders: string[] = [];
    const { schedules } = await exploreSchedules(
      async ({ race }) => {
        let order = '';
        // Of different keys: a bound leaves nothing out that makes no difference.
        const twice = async (process: RaceProcess): Promise<void> => {
          for (const key of ['a', 'b']) {
            await write(key + process.name)(process);
            order += process.name;
          }
        };
        await race(twice, twice);
        orders.push(order);
      },
      { maxSwitches },
    );
    expect(orders.sort()).toEqual(expected);
    expect(schedules).toBe(expected.length);
  });

  it('leaves nobody where a race begins, whatever else is possible', async () => {
    const { schedules } = await exploreSchedules(
      async ({ race, clock }) => {
        clock.startTimer(() => {}, 1);
        await race(write('n'), write('n'));
      },
      { maxSwitches: 0, maxDelays: 1 },
    );
    // Either goes first, and time passes before, in between or not at all.
    expect(schedules).toBe(6);
  });

  it('does so where the keys are others each time', async () => {
    const found = new Set<string>();
    await exploreSchedules(async ({ race }) => {
      const key = randomUUID();
      const look = async (process: RaceProcess): Promise<boolean> => {
        await write(randomUUID())(process);
        return (await find(process.store, key)) !== null;
      };
      const [, end] = await race(write(key), look);
      found.add(resultOf(end));
    });
    expect([...found]).toEqual(['true', 'false']);
  });

  it('starts each schedule anew, with the same random numbers, another row for each process', async () => {
    const drawn = new Set<string>();
    await exploreSchedules(async (world) => {
      expect(await find(world.store, 'n')).toBeNull();
      const start = world.clock.monotonic();
      const draw = async (process: RaceProcess): Promise<number> => {
        await write('n')(process);
        expect(process.clock.monotonic()).toBe(start);
        expect(process.clock.now()).toBe(world.clock.now());
        return process.random();
      };
      const ends = await world.race(draw, draw);
      expect(new Set(ends.map(resultOf)).size).toBe(2);
      drawn.add(ends.map(resultOf).join());
    });
    expect(drawn.size).toBe(1);
  });

  it('takes a store of one’s own', async () => {
    const createStore: ExploreOptions['createStore'] = (clock) =>
      createMemoryStore({ clock, capabilities: { durableAck: true } });
    await exploreSchedules(
      async (world) => {
        await world.race(async ({ store }) => expect(store.capabilities?.durableAck).toBe(true));
        await world.store.close();
      },
      { createStore },
    );
  });

  it('runs one race after the other, and to the end what a process leaves behind', async () => {
    const { schedules } = await exploreSchedules(async (world) => {
      await world.race(async (process) => {
        void write('left')(process);
      });
      expect(bytesToString((await world.store.get('left')).value)).toBe('1');
      const ends = await world.race(write('n'), write('n'));
      expect(ends).toEqual([
        { status: 'fulfilled', value: undefined },
        { status: 'fulfilled', value: undefined },
      ]);
      expect(['2', '3']).toContain(bytesToString((await world.store.get('n')).value));
      expect(await world.race()).toEqual([]);
    });
    expect(schedules).toBe(2);
  });
});

describe('a race', () => {
  it('gives what the code under test refuses, and passes on what it does not know', async () => {
    await exploreSchedules(async (world) => {
      const create = ({ store }: RaceProcess) => store.put('n', 'x', { ifNotExists: true });
      const ends = await world.race(create, create);
      expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: expect.any(AlreadyExistsError),
      });
    });
    const assertion = exploreSchedules(async (world) => {
      await world.race(async () => expect(1).toBe(2));
    });
    await expect(assertion).rejects.toThrow('Schedule 1 fails: expected 1 to be 2');
    const misused = exploreSchedules(async (world) => {
      await world.race(({ store }) => store.put('', 'x'));
    });
    await expect(misused).rejects.toThrow('Schedule 1 fails: key has 0 bytes');
    const text = exploreSchedules(async (world) => {
      await world.race(() => Promise.reject('no error'));
    });
    await expect(text).rejects.toThrow('Schedule 1 fails: no error');
  });

  it('lets time pass where everybody waits for it', async () => {
    const { schedules } = await exploreSchedules(async ({ race, clock }) => {
      const ends = await race(async ({ clock: own, store }) => {
        await new Promise<void>((resolve) => {
          own.startTimer(resolve, 1_000);
        });
        const cancel = own.startTimer(() => expect.unreachable('it was cancelled'), 10);
        cancel();
        await store.put(stringToBytes('n'), '');
        return own.monotonic();
      });
      expect(ends.map(resultOf)).toEqual(['1000']);
      expect(clock.pendingTimers).toBe(0);
    });
    expect(schedules).toBe(1);
  });

  it.each<[string, ...(number | undefined)[]]>([
    ['for equally long', 10, 10],
    ['for no time beside one that goes on', 0, undefined],
  ])('finds what those do to each other that wait %s', async (_name, ...delays) => {
    const addLater = async (process: RaceProcess): Promise<void> => {
      const delayMs = delays[Number(process.name) - 1];
      if (delayMs !== undefined) await sleep(process.clock, delayMs);
      await addBlindly(process);
    };
    await expect(exploreSchedules(adding(addLater))).rejects.toThrow('2 of 2 were told, and the sum is 1');
  });

  it('ends calls by their signal and their time limit', async () => {
    const outcomes = async (maxDelays: number): Promise<string[]> => {
      const seen = new Set<string>();
      await exploreSchedules(
        async (world) => {
          const put = ({ store }: RaceProcess) => store.put('n', 'x', { timeoutMs: 100 });
          const [end] = await world.race(put);
          seen.add(
            `${codeOf(end)}, ${await find(world.store, 'n').then((entry) => (entry ? 'there' : 'absent'))}`,
          );
        },
        { maxDelays },
      );
      return [...seen];
    };
    expect(await outcomes(0)).toEqual(['fulfilled, there']);
    // The request is still on its way, and arrives.
    expect(await outcomes(1)).toEqual(['fulfilled, there', 'DEADLINE_EXCEEDED, there']);
    const { schedules } = await exploreSchedules(async (world) => {
      const signal = AbortSignal.abort();
      const [end] = await world.race(({ store }) => store.put('n', 'x', { signal }));
      expect(codeOf(end)).toBe('CANCELLED');
    });
    expect(schedules).toBe(1);
  });

  it('waits for what is real, a second', async () => {
    await exploreSchedules(async (world) => {
      const [end] = await world.race(async ({ store }) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        await store.put('n', 'x');
      });
      expect(codeOf(end)).toBe('fulfilled');
    });
    const stuck = exploreSchedules(async (world) => {
      await world.race(() => new Promise(() => {}));
    });
    await expect(stuck).rejects.toThrow('Deadlock: the work is pending');
  });
});

describe('a fault', () => {
  const explored = (add: (process: RaceProcess) => Promise<void>, fault: ScheduleFault, maxFaults = 1) =>
    exploreSchedules(adding(add), { faults: [fault], maxFaults });

  it('meets each call once, and as many in a schedule as it is told', async () => {
    for (const [maxFaults, expected] of [
      [0, [0]],
      [1, [0, 1]],
      [2, [0, 1, 2]],
    ] as const) {
      const counts = new Set<number>();
      await exploreSchedules(
        async (world) => {
          const ends = await world.race(write('a'), write('b'), write('c'));
          counts.add(ends.filter(({ status }) => status === 'rejected').length);
        },
        { faults: ['lost-reply'], maxFaults },
      );
      expect([...counts].sort()).toEqual(expected);
    }
  });

  it('lost-reply: what is done again is done twice', async () => {
    await expect(explored(addAgainAndAgain, 'lost-reply')).rejects.toThrow(
      /fails: 2 of 2 were told, and the sum is 3\n(.*\n)*.*put "n" \(lost-reply\)/,
    );
    await explored(addUnderCondition, 'lost-reply', 2);
  });

  it('lost-request: what is done again is done once', async () => {
    await explored(addAgainAndAgain, 'lost-request', 2);
    const lost = exploreSchedules(
      async (world) => {
        const ends = await world.race(write('n'));
        expect(ends).toEqual([{ status: 'fulfilled', value: undefined }]);
      },
      { faults: ['lost-request'] },
    );
    await expect(lost).rejects.toThrow('process 1: put "n" (lost-request)');
  });

  it('delayed-delivery: a late copy overwrites what came after', async () => {
    const values = new Set<string>();
    const twoWrites = async ({ store }: RaceProcess): Promise<void> => {
      await store.put('n', 'old').catch(() => {});
      await store.put('n', 'new');
    };
    const steps = exploreSchedules(
      async (world) => {
        await world.race(twoWrites);
        const value = bytesToString((await world.store.get('n')).value);
        values.add(value);
        if (value === 'old') throw new Error('it is old');
      },
      { faults: ['delayed-delivery'] },
    );
    await expect(steps).rejects.toThrow('3. process 1, late: put "n"');
    expect([...values]).toEqual(['new', 'old']);
  });

  it('duplicated-delivery: the second copy may be refused, or change something again', async () => {
    await explored(addUnderCondition, 'duplicated-delivery', 2);
    await expect(explored(addBlindly, 'duplicated-delivery')).rejects.toThrow('the sum is 1');
  });

  it('own-mismatch: who takes it for a lost race adds twice', async () => {
    await expect(explored(addUnderCondition, 'own-mismatch')).rejects.toThrow('put "n" (own-mismatch)');
  });

  it('crash: a process stops between any two calls, with its timers', async () => {
    const seen = new Set<string>();
    await exploreSchedules(
      async (world) => {
        let timersAfter = 0;
        const ends = await world.race(async (process) => {
          await write('a')(process);
          process.clock.startTimer(() => {
            timersAfter += 1;
          }, 10);
          await write('b')(process);
        });
        await world.clock.advance(20);
        const there = await Promise.all(['a', 'b'].map((key) => find(world.store, key)));
        seen.add(`${ends[0].status} ${there.filter(Boolean).length} ${timersAfter}`);
      },
      { faults: ['crash'] },
    );
    expect([...seen]).toEqual(['fulfilled 2 1', 'crashed 1 0', 'crashed 0 0']);
  });

  it('crash: what was begun is not finished', async () => {
    await explored(addUnderCondition, 'crash', 2);
    const transfer = async ({ store }: RaceProcess): Promise<void> => {
      await store.put('credit', 'x', { ifNotExists: true });
      await store.put('debit', 'x');
    };
    const torn = exploreSchedules(
      async (world) => {
        await world.race(transfer, transfer);
        const there = await Promise.all(['credit', 'debit'].map((key) => find(world.store, key)));
        if (there[0] && !there[1]) throw new Error('the money is there twice');
      },
      { faults: ['crash'] },
    );
    await expect(torn).rejects.toThrow(/the money is there twice\n(.*\n)*.*process . crashes/);
  });

  it('crash: nothing that a dead process still does has an effect', async () => {
    const seen = new Set<string>();
    await exploreSchedules(
      async (world) => {
        const fired: string[] = [];
        const pause = (clock: Clock, ms: number) =>
          new Promise<void>((done) => void clock.startTimer(done, ms));
        const sleeper = async (process: RaceProcess): Promise<void> => {
          process.clock.startTimer(() => fired.push('early'), 5);
          const first = write('a')(process);
          // By the clock of the world, which wakes the dead, too.
          await pause(world.clock, 1);
          process.clock.startTimer(() => fired.push('late'), 5);
          process.clock.startTimer(() => fired.push('cancelled'), 5)();
          await write('c')(process);
          await first;
        };
        const waker = ({ clock }: RaceProcess): Promise<void> => pause(clock, 2);
        const [end] = await world.race(sleeper, waker);
        await world.clock.advance(10);
        const there = await Promise.all(['a', 'c'].map((key) => find(world.store, key)));
        seen.add(`${end.status}: ${there.filter(Boolean).length} written, ${fired.length} fired`);
      },
      { faults: ['crash'] },
    );
    expect(seen).toContain('fulfilled: 2 written, 2 fired');
    expect(seen).toContain('crashed: 0 written, 0 fired');
    expect(
      [...seen].filter((outcome) => outcome.startsWith('crashed') && !outcome.endsWith('0 fired')),
    ).toEqual([]);
  });

  it('slow-reply: what else a process does overtakes the answer', async () => {
    const seen = new Set<string>();
    const { schedules } = await exploreSchedules(
      async (world) => {
        let last = '';
        const look = async ({ store }: RaceProcess): Promise<void> => {
          const entry = await find(store, 'n');
          last = entry ? 'there' : 'absent';
        };
        // What was read first may come last: a cache that keeps it is stale.
        await world.race((process) =>
          Promise.all([look(process), write('n')(process).then(() => look(process))]),
        );
        seen.add(last);
      },
      { faults: ['slow-reply'] },
    );
    expect([...seen].sort()).toEqual(['absent', 'there']);
    expect(schedules).toBeGreaterThan(3);
    const inTurn = exploreSchedules(
      async (world) => {
        await world.race(async (process) => {
          await write('n')(process);
          expect(await find(process.store, 'n')).not.toBeNull();
        });
      },
      { faults: ['slow-reply'] },
    );
    // The first call may be slow, or the second, or none.
    expect(await inTurn).toEqual({ schedules: 3 });
  });

  it('slow-reply: the caller may give up, or be gone', async () => {
    const seen = new Set<string>();
    await exploreSchedules(
      async (world) => {
        const put = ({ store }: RaceProcess) => store.put('n', 'x', { timeoutMs: 100, ifNotExists: true });
        const [end] = await world.race(put);
        seen.add(`${codeOf(end)}, ${(await find(world.store, 'n')) ? 'there' : 'absent'}`);
      },
      { faults: ['slow-reply', 'crash'], maxFaults: 2, maxDelays: 1 },
    );
    expect([...seen].sort()).toEqual([
      'DEADLINE_EXCEEDED, there',
      'crashed, absent',
      'crashed, there',
      'fulfilled, there',
    ]);
  });

  it('slow-reply: the answer is that of the store, in a step of its own', async () => {
    const texts: string[] = [];
    await exploreSchedules(
      async (world) => {
        await world.store.put('n', 'x');
        const [end] = await world.race(({ store }) => store.put('n', 'y', { ifNotExists: true }));
        expect(end).toMatchObject({ status: 'rejected', reason: expect.any(AlreadyExistsError) });
        texts.push(codeOf(end));
      },
      { faults: ['slow-reply'] },
    );
    expect(texts).toEqual(['ALREADY_EXISTS', 'ALREADY_EXISTS']);
    const failing = exploreSchedules(
      async ({ race, store }) => {
        await race((process) => Promise.all([write('a')(process), write('b')(process)]));
        if ((await find(store, 'a')) && (await find(store, 'b'))) throw new Error('both');
      },
      { faults: ['slow-reply'], random: seededRandom(2), maxSchedules: 10 },
    );
    await expect(failing).rejects.toThrow(
      /process 1: put "." \(slow-reply\)\n(.*\n)*.*process 1, answer: put "."/,
    );
  });

  it('of a read is one, wherever it is lost: nothing was applied', async () => {
    const codes = new Set<string>();
    const { schedules } = await exploreSchedules(
      async (world) => {
        const [end] = await world.race(({ store }) => find(store, 'n'));
        codes.add(codeOf(end));
        if (end.status === 'rejected') {
          expect(end.reason).toEqual(expect.any(UnavailableError));
          expect(end.reason).toMatchObject({ outcome: 'not-applied' });
        }
      },
      { faults: ['lost-request', 'lost-reply', 'delayed-delivery', 'duplicated-delivery', 'own-mismatch'] },
    );
    expect([...codes]).toEqual(['fulfilled', 'UNAVAILABLE']);
    expect(schedules).toBe(2);
  });
});

describe('what cannot be explored', () => {
  it('a scenario that does not repeat itself', async () => {
    let runs = 0;
    const moody = exploreSchedules(async (world) => {
      runs += 1;
      await world.race(write('n'), runs > 1 ? async () => {} : write('n'));
    });
    await expect(moody).rejects.toThrow(
      'Schedule 2 fails: The scenario does not repeat itself: after the same steps "1.1 at 1.1, 2.1 at 1.1" were possible, now "1.1 at 1.1".',
    );
  });

  it('more schedules than it may try', async () => {
    const many = exploreSchedules(adding(addUnderCondition), { maxSchedules: 3 });
    await expect(many).rejects.toThrow('There are more than 3 schedules; the first 3 passed.');
    const { schedules } = await exploreSchedules(adding(addUnderCondition));
    expect(await exploreSchedules(adding(addUnderCondition), { maxSchedules: schedules })).toEqual({
      schedules,
    });
  });

  it.each<[Record<string, unknown>, string]>([
    [{ fault: [] }, 'fault'],
    [{ faults: 'crash' }, 'faults'],
    [{ faults: ['outage'] }, 'faults'],
    [{ maxFaults: -1 }, 'maxFaults'],
    [{ maxDelays: 0.5 }, 'maxDelays'],
    [{ maxSwitches: -1 }, 'maxSwitches'],
    [{ maxSchedules: 0 }, 'maxSchedules'],
    [{ createStore: createMemoryStore() }, 'createStore'],
  ])('%o', async (options, name) => {
    const refused = exploreSchedules(async () => {}, options as ExploreOptions);
    await expect(refused).rejects.toThrow(InvalidArgumentError);
    await expect(refused).rejects.toThrow(name);
  });

  it('a scenario that does not wait for its race', async () => {
    const hasty = exploreSchedules(async ({ race }) => {
      race(write('n'), write('n'));
    });
    await expect(hasty).rejects.toThrow('Schedule 1 fails: The scenario ended while a race was going on');
  });

  it.each<[string, unknown]>([
    ['a list of programs', [write('n'), write('n')]],
    ['what a program gives', Promise.resolve()],
  ])('a race of %s', async (_name, program) => {
    const refused = exploreSchedules(async ({ race }) => {
      await race(program as RaceProgram);
    });
    await expect(refused).rejects.toThrow('a program of a race is ');
  });

  it('a scenario that is no function', async () => {
    const scenario = undefined as unknown as Parameters<typeof exploreSchedules>[0];
    await expect(exploreSchedules(scenario)).rejects.toThrow('scenario');
  });
});

function codeOf(end: RaceEnd<unknown>): string {
  return end.status === 'rejected' ? end.reason.code : end.status;
}

function resultOf(end: RaceEnd<unknown>): string {
  return end.status === 'fulfilled' ? String(end.value) : end.status;
}
