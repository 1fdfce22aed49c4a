import { bytesToString, find } from '@norikv/store';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { exploreSchedules, type RaceProcess, type ScheduleFault } from '../src/index.js';

let isReduced = true;
vi.mock('../src/schedule-step.js', async (original) => {
  const { commute } = await original<typeof import('../src/schedule-step.js')>();
  return { commute: (...steps: Parameters<typeof commute>) => isReduced && commute(...steps) };
});

type Move = 'read' | 'write' | 'replace' | 'pause';

/** Makes moves on keys, whatever becomes of them, and returns what it saw. */
const mover = (moves: readonly (readonly [Move, string])[]) => {
  return async ({ name, store, clock }: RaceProcess): Promise<string> => {
    const seen: string[] = [];
    for (const [position, [move, key]] of moves.entries()) {
      const value = `${name}.${position}`;
      const make = async (): Promise<unknown> => {
        if (move === 'pause') return new Promise<void>((resolve) => void clock.startTimer(resolve, 5));
        if (move === 'write') return store.put(key, value, { timeoutMs: 3 });
        const entry = await find(store, key);
        const text = entry && bytesToString(entry.value);
        if (move === 'replace' && entry) await store.put(key, value, { ifMatchVersion: entry.version });
        return text;
      };
      const outcome = await make().then(
        (answer) => (typeof answer === 'string' ? answer : 'done'),
        (error) => error.code,
      );
      seen.push(outcome);
    }
    return seen.join(' ');
  };
};

it('leaves out no outcome, whatever goes wrong', { timeout: 120_000 }, async () => {
  const move = fc.tuple(
    fc.constantFrom<Move>('read', 'write', 'replace', 'pause'),
    fc.constantFrom('a', 'b'),
  );
  const process = fc.array(move, { minLength: 1, maxLength: 2 });
  const fault = fc.constantFrom<ScheduleFault>(
    'lost-request',
    'lost-reply',
    'delayed-delivery',
    'duplicated-delivery',
    'own-mismatch',
    'slow-reply',
    'crash',
  );
  let all = 0;
  let reduced = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(process, { minLength: 2, maxLength: 2 }),
      fc.uniqueArray(fault, { maxLength: 2 }),
      fc.integer({ min: 0, max: 1 }),
      async (processes, faults, maxDelays) => {
        const explore = async (): Promise<[number, string[]]> => {
          const outcomes = new Set<string>();
          const { schedules } = await exploreSchedules(
            async ({ race, store }) => {
              const ends = await race(...processes.map(mover));
              const left = await Promise.all(['a', 'b'].map((key) => find(store, key)));
              const values = left.map((entry) => (entry ? bytesToString(entry.value) : '-'));
              const told = ends.map((end) => (end.status === 'fulfilled' ? end.value : end.status));
              outcomes.add(`${told.join(' | ')} -> ${values.join(' ')}`);
            },
            { faults, maxFaults: 2, maxDelays },
          );
          return [schedules, [...outcomes].sort()];
        };
        isReduced = false;
        const [schedules, outcomes] = await explore();
        isReduced = true;
        const [fewer, same] = await explore();
        expect(same).toEqual(outcomes);
        all += schedules;
        reduced += fewer;
      },
    ),
    { numRuns: 40 },
  );
  expect(reduced).toBeLessThan(all);
});
