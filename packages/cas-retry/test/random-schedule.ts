import { isNoriKVError, type Outcome } from '@norikv/store';
import { createMemoryStore, FakeClock, type FaultRates, seededRandom, withFaults } from '@norikv/testkit';
import {
  createUpdater,
  delay,
  jsonCodec,
  keep,
  remove,
  type UpdateOptions,
  type Updater,
  write,
} from '../src/index.js';

type Names = readonly string[];

/** One call, from its start to what its caller was told. */
interface Call {
  readonly kind: 'add' | 'take' | 'look';
  readonly name: string;
  readonly startedAt: number;
  endedAt: number;
  outcome: 'answered' | Outcome;
  /** What a `take` took away, and what a `look` saw. */
  names: Names;
}

/** What a schedule came to. */
export interface ScheduleResult {
  /** Promises that were broken; none if all is well. */
  readonly broken: readonly string[];
  readonly calls: readonly Call[];
}

const key = 'names';
const names = jsonCodec((data) => data as Names);

/**
 * Several processes add names to one record, take them all away and look at them, with operation ids, signals and
 * deadlines, over a store that fails in every way a network can make it. A name is added once, or several
 * times under its operation id.
 */
export async function runSchedule(seed: number): Promise<ScheduleResult> {
  const random = seededRandom(seed);
  const upTo = (most: number): number => Math.floor(random() * most);
  const clock = new FakeClock();
  const memory = createMemoryStore({
    clock,
    latencyMs: () => 0.5 + random() * 4,
    mismatchCarriesEntry: random() < 0.5,
    capabilities: { putVersionUsable: random() < 0.8 },
  });
  const rate = random() < 0.2 ? 0 : random() * 0.15;
  const rates: FaultRates = {
    'lost-reply': rate,
    'lost-request': rate,
    'delayed-delivery': rate,
    'duplicated-delivery': rate,
    'own-mismatch': rate,
    outage: random() < 0.3 ? 0.01 : 0,
  };
  const newProcess = (): Updater => {
    const store = withFaults(memory, {
      clock,
      random,
      rates,
      delayMs: () => random() * 300,
      outageMs: upTo(300),
    });
    return createUpdater(store, {
      clock,
      random,
      deadlineMs: 200 + upTo(3_000),
      attemptTimeoutMs: 20 + upTo(200),
      memo: random() < 0.8,
      fair: random() < 0.8,
      maxBatch: 1 + upTo(20),
      // Longer than any call and any delay: what is gone without a trace cannot be told from what never was.
      tombstoneTtlMs: 5_000,
    });
  };
  const processes = Array.from({ length: 1 + upTo(4) }, newProcess);
  const takes = random() < 0.5 ? 0.2 : 0;
  const spreadMs = 100 + random() * 1_500;
  const calls: Call[] = [];
  let moment = 0;
  const nextMoment = (): number => {
    moment += 1;
    return moment;
  };

  const make = async (number: number): Promise<void> => {
    await delay(random() * spreadMs, undefined, clock);
    const updater = processes[upTo(processes.length)] as Updater;
    const isTake = random() < takes;
    const isLook = random() < 0.15;
    const opId = random() < 0.4 ? `operation ${upTo(15)}` : undefined;
    const kind = isTake ? 'take' : isLook ? 'look' : 'add';
    const name = opId ?? `name ${number}`;
    const call: Call = { kind, name, startedAt: nextMoment(), endedAt: 0, outcome: 'answered', names: [] };
    calls.push(call);
    const options: UpdateOptions = {
      signal: random() < 0.15 ? abortedAfter(clock, random() * 60) : undefined,
      deadlineMs: random() < 0.3 ? 5 + random() * 100 : undefined,
    };
    try {
      if (kind === 'take') call.names = await updater.update(key, names, taking, options);
      else if (kind === 'look')
        call.names = await updater.update(key, names, (list = []) => keep(list), options);
      else
        await updater.update(key, names, (list = []) => write([...list, name], null), { ...options, opId });
    } catch (error) {
      if (!isNoriKVError(error)) throw error;
      call.outcome = error.outcome;
    }
    call.endedAt = nextMoment();
  };

  await clock.run(() => Promise.all(Array.from({ length: 20 + upTo(60) }, (_, number) => make(number))));
  await clock.advance(3_000);
  const left = (await clock.run(createUpdater(memory, { clock }).read(key, names))) ?? [];
  return { broken: brokenPromises(calls, left), calls };
}

function taking(list: Names | undefined) {
  return list ? remove(list) : keep<Names>([]);
}

function abortedAfter(clock: FakeClock, delayMs: number): AbortSignal {
  const controller = new AbortController();
  clock.startTimer(() => controller.abort(), delayMs);
  return controller.signal;
}

function brokenPromises(calls: readonly Call[], left: Names): string[] {
  const adds = calls.filter(({ kind }) => kind === 'add');
  const takes = calls.filter(({ kind }) => kind === 'take');
  const mayBeTaken = takes.some(({ outcome }) => outcome === 'unknown');
  const broken: string[] = [];

  const kept = [...left, ...takes.flatMap(({ names: taken }) => taken)];
  for (const name of new Set(adds.map((add) => add.name))) {
    const outcomes = adds.filter((add) => add.name === name).map(({ outcome }) => outcome);
    const times = kept.filter((other) => other === name).length;
    if (times > 1) broken.push(`${name} was applied ${times} times`);
    if (times > 0 && outcomes.every((outcome) => outcome === 'not-applied'))
      broken.push(`${name} was refused`);
    if (times === 0 && outcomes.includes('answered') && !mayBeTaken) broken.push(`${name} was lost`);
  }

  for (const look of calls.filter(({ kind, outcome }) => kind === 'look' && outcome === 'answered')) {
    const gone = takes
      .filter(({ startedAt }) => startedAt < look.endedAt)
      .flatMap(({ names: taken }) => taken);
    for (const { name, outcome, endedAt } of adds) {
      const isBefore = outcome === 'answered' && endedAt < look.startedAt;
      const isSeen = look.names.includes(name) || gone.includes(name) || mayBeTaken;
      if (isBefore && !isSeen) broken.push(`${name} was not seen by one who looked later`);
    }
  }

  // Of an operation id it may be any of its calls that was applied.
  const single = adds.filter(({ name, outcome }) => name.startsWith('name') && outcome === 'answered');
  for (const list of [left, ...takes.map(({ names: taken }) => taken)]) {
    const places = single.filter(({ name }) => list.includes(name));
    for (const early of places) {
      for (const late of places) {
        const isInOrder = list.indexOf(early.name) < list.indexOf(late.name);
        if (early.endedAt < late.startedAt && !isInOrder)
          broken.push(`${late.name} came before ${early.name}`);
      }
    }
  }
  return broken;
}
