import { describe, expect, it } from 'vitest';
import {
  checkLinearizability,
  createMemoryStore,
  FakeClock,
  type HistoryOperation,
  type HistoryResult,
  raceClients,
  seededRandom,
  withFaults,
} from '../src/index.js';

/** The checker's verdict against trying every order of every subset of open writes on a plain model. */
describe('the checker agrees with trying every order', () => {
  it('on small histories, true ones and falsified ones', async () => {
    const verdicts = { true: 0, false: 0 };
    for (let seed = 1; seed <= 3_000; seed++) {
      const random = seededRandom(seed);
      const history = falsified([...(await smallHistory(seed, random))], random);
      const expected = hasOrder(history);
      const verdict = checkLinearizability(history);
      expect(verdict.ok, `seed ${seed}: ${JSON.stringify(verdict)}`).toBe(expected);
      verdicts[`${expected}`] += 1;
    }
    expect(verdicts.true).toBeGreaterThan(500);
    expect(verdicts.false).toBeGreaterThan(500);
  }, 120_000);
});

async function smallHistory(seed: number, random: () => number): Promise<Iterable<HistoryOperation>> {
  const clock = new FakeClock();
  const memory = createMemoryStore({ clock, mismatchCarriesEntry: seed % 2 === 0 });
  const store = withFaults(memory, {
    clock,
    random,
    latencyMs: () => random() * 10,
    delayMs: () => random() * 20,
    rates: { 'lost-reply': 0.1, 'delayed-delivery': 0.1 },
  });
  const race = { random, keys: ['key'], clients: 3, operationsPerClient: 3 };
  return clock.run(() => raceClients([store], race));
}

/** Changes one answer, in two of three histories. */
function falsified(history: HistoryOperation[], random: () => number): HistoryOperation[] {
  const place = Math.floor(random() * history.length * 1.5);
  const entries = history.flatMap(({ result }) => (result.kind === 'found' ? [result] : []));
  return history.map((operation, at) => {
    if (at !== place || operation.result.kind === 'unknown') return operation;
    return { ...operation, result: falseResult(operation, entries[Math.floor(random() * entries.length)]) };
  });
}

function falseResult({ action, result }: HistoryOperation, other: HistoryResult | undefined): HistoryResult {
  if (result.kind === 'found') return other && other !== result ? other : { kind: 'missing' };
  if (result.kind === 'missing') return other ?? result;
  if (result.kind === 'deleted') return { kind: 'deleted', existed: !result.existed };
  if (result.kind === 'refused' && action.kind === 'delete') return { kind: 'deleted', existed: true };
  if (result.kind === 'refused') return { kind: 'written', version: { term: 1n, index: 1_000n } };
  return { kind: 'refused' };
}

interface Model {
  readonly value: string;
  /** A version, or the open write whose version nobody has seen. */
  version: string | undefined;
}

function hasOrder(history: readonly HistoryOperation[]): boolean {
  const versions = history.flatMap(({ result }) =>
    result.kind === 'written' ? [textOf(result.version)] : [],
  );
  if (new Set(versions).size !== versions.length) return false;
  return tryOrders([...history], null, new Set(versions));
}

function tryOrders(left: HistoryOperation[], state: Model | null, taken: ReadonlySet<string>): boolean {
  const answered = left.filter(({ result }) => result.kind !== 'unknown');
  if (answered.length === 0) return true;
  const deadline = Math.min(...answered.map(({ returnedAt }) => returnedAt));
  return left.some((operation) => {
    if (operation.invokedAt > deadline) return false;
    const model = state && { ...state };
    const unseen = model !== null && model.version === undefined;
    const next = apply(operation, model, taken);
    if (next === undefined) return false;
    const seen = unseen && model?.version ? new Set([...taken, model.version]) : taken;
    const rest = left.filter((other) => other !== operation);
    return tryOrders(rest, next, seen);
  });
}

/** The state after an operation; undefined if its answer contradicts the state. Sees versions as it goes. */
function apply(
  { action, result }: HistoryOperation,
  state: Model | null,
  taken: ReadonlySet<string>,
): Model | null | undefined {
  const shows = (version: string): boolean => {
    if (state === null) return false;
    if (state.version === undefined && !taken.has(version)) state.version = version;
    return state.version === version;
  };
  if (result.kind === 'missing') return state === null ? state : undefined;
  if (result.kind === 'found') {
    return state?.value === result.entry.value && shows(textOf(result.entry.version)) ? state : undefined;
  }
  if (action.kind === 'get') return undefined;
  const { condition } = action;
  if (result.kind === 'refused') {
    if (result.actual === null && state !== null) return undefined;
    if (result.actual && state?.value !== result.actual.value) return undefined;
    if (result.actual && !shows(textOf(result.actual.version))) return undefined;
    if (condition.kind === 'absent') return state === null ? undefined : state;
    if (condition.kind === 'always') return undefined;
    return state?.version === textOf(condition.version) ? undefined : state;
  }
  if (condition.kind === 'absent' && state !== null) return undefined;
  if (condition.kind === 'version' && !shows(textOf(condition.version))) return undefined;
  if (result.kind === 'deleted' && result.existed !== (state !== null)) return undefined;
  if (action.kind === 'delete') return null;
  const version = result.kind === 'written' ? textOf(result.version) : undefined;
  return { value: action.value, version };
}

function textOf(version: { readonly term: bigint; readonly index: bigint }): string {
  return `${version.term}/${version.index}`;
}
