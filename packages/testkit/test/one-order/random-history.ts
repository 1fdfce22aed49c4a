import { sleep } from '../../src/in-flight.js';
import { createMemoryStore, FakeClock, type FaultRates, seededRandom, withFaults } from '../../src/index.js';
import { begun, type Game, listed, take } from './game.js';
import { haveOneOrder, type MadeCall } from './one-order.js';

const callsOfSchedule = 9;

/**
 * Lets up to three processes make calls at the same time, over a store that fails in every way a network can make it.
 * Returns the calls if no order of them explains what their callers were told.
 */
export async function findUnexplained<Subject, Model>(
  seed: number,
  newGame: (random: () => number) => Game<Subject, Model>,
): Promise<readonly string[] | undefined> {
  const random = seededRandom(seed);
  const clock = new FakeClock();
  const memory = createMemoryStore({
    clock,
    latencyMs: () => 0.5 + random() * 4,
    mismatchCarriesEntry: random() < 0.5,
    capabilities: { durableAck: true, putVersionUsable: random() < 0.8 },
  });
  const rate = random() < 0.3 ? 0 : random() * 0.12;
  const rates: FaultRates = {
    'lost-reply': rate,
    'lost-request': rate,
    'delayed-delivery': rate,
    'duplicated-delivery': rate,
    'own-mismatch': rate,
  };
  const game = newGame(random);
  const { prepare } = game;
  if (prepare) await clock.run(() => prepare(game.open(memory, clock)));
  const processes = Array.from({ length: 1 + Math.floor(random() * 3) }, () =>
    game.open(withFaults(memory, { clock, random, rates, delayMs: () => random() * 200 }), clock),
  );
  const spreadMs = 5 + random() * 60;
  const made: MadeCall<Model>[] = [];
  let moment = 0;
  const nextMoment = (): number => {
    moment += 1;
    return moment;
  };

  const make = async (number: number): Promise<void> => {
    await sleep(clock, random() * spreadMs);
    const step = game.next(number);
    const process = processes[Math.floor(random() * processes.length)] as Subject;
    const call = begun(step, nextMoment());
    const told = await take(step, process);
    if (told === 'not applied') return;
    if (told !== 'unknown') {
      call.answer = told.answer;
      call.endedAt = nextMoment();
    }
    made.push(call);
  };

  await clock.run(() => Promise.all(Array.from({ length: callsOfSchedule }, (_, number) => make(number))));
  return haveOneOrder(game.initial, made) ? undefined : listed(made);
}
