import { errorCode, isNoriKVError, type KvStore } from '@norikv/store';
import { sleep } from '../../src/in-flight.js';
import { createMemoryStore, FakeClock, type FaultRates, seededRandom, withFaults } from '../../src/index.js';
import { haveOneOrder, type MadeCall } from './one-order.js';

/** A call to make, and what it does when it is alone: the next model, and the answer or the code of an error. */
export interface Step<Subject, Model> {
  readonly name: string;
  call(subject: Subject): Promise<unknown>;
  apply(model: Model): readonly [model: Model, answer: unknown];
}

/** What one schedule is about. */
export interface Game<Subject, Model> {
  readonly initial: Model;
  /** Makes the object as one process has it. */
  open(store: KvStore, clock: FakeClock): Subject;
  /** Brings it to the initial state. */
  prepare?(subject: Subject): Promise<unknown>;
  next(number: number): Step<Subject, Model>;
}

const callsOfSchedule = 9;
const saysNothing = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CONTENTION', 'CANCELLED'];

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
    const { name, call, apply } = game.next(number);
    const process = processes[Math.floor(random() * processes.length)] as Subject;
    const entry: MadeCall<Model> = {
      name,
      startedAt: nextMoment(),
      endedAt: Number.POSITIVE_INFINITY,
      answer: undefined,
      apply: (model) => {
        const [next, answer] = apply(model);
        return [next, shown(answer)];
      },
    };
    const answer = await call(process).then(shown, (error: unknown) => refusalOf(error));
    if (answer === 'not applied') return;
    entry.answer = answer;
    if (answer !== undefined) entry.endedAt = nextMoment();
    made.push(entry);
  };

  await clock.run(() => Promise.all(Array.from({ length: callsOfSchedule }, (_, number) => make(number))));
  if (haveOneOrder(game.initial, made)) return undefined;
  return made.map(({ name, startedAt, endedAt, answer }) => `${startedAt}-${endedAt} ${name}: ${answer}`);
}

function refusalOf(error: unknown): string | undefined {
  const code = errorCode(error);
  if (code === undefined) throw error;
  if (isNoriKVError(error) && error.outcome === 'unknown') return undefined;
  return saysNothing.includes(code) ? 'not applied' : shown(code);
}

function shown(answer: unknown): string {
  const text = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? `${value}n` : value);
  return JSON.stringify(answer, text) ?? 'nothing';
}
