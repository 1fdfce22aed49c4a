import { errorCode } from '@norikv/store';
import { createMemoryStore } from '@norikv/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DistributedCounter } from '../src/index.js';

const min = -20n;
const max = 20n;

type Command =
  | { readonly kind: 'add' | 'incrementBy'; readonly delta: number; readonly opId: string | undefined }
  | { readonly kind: 'reset'; readonly to: number; readonly opId: string | undefined }
  | { readonly kind: 'value' | 'initialize' | 'delete' };

const opId = fc.option(fc.constantFrom('a', 'b', 'c', 'd'), { nil: undefined, freq: 3 });
const delta = fc.integer({ min: -15, max: 15 });
const command: fc.Arbitrary<Command> = fc.oneof(
  { arbitrary: fc.record({ kind: fc.constantFrom('add', 'incrementBy'), delta, opId }), weight: 6 },
  { arbitrary: fc.record({ kind: fc.constant('reset' as const), to: delta, opId }), weight: 1 },
  { arbitrary: fc.record({ kind: fc.constantFrom('value', 'initialize', 'delete') }), weight: 1 },
);

/** What a counter should do, on one number and a list of past operations. */
class Model {
  #value: bigint | undefined;
  readonly #operations = new Map<string, readonly [name: string, answer: bigint]>();
  readonly #clamps: boolean;

  constructor(clamps: boolean) {
    this.#clamps = clamps;
  }

  run(step: Command): unknown {
    const value = this.#value ?? 0n;
    switch (step.kind) {
      case 'value':
        return value;
      case 'initialize':
        this.#value ??= 0n;
        return undefined;
      case 'delete': {
        const existed = this.#value !== undefined;
        this.#value = undefined;
        return existed;
      }
      case 'reset':
        return this.#once(step.opId, `reset:${step.to}`, () => [value, BigInt(step.to)]);
      default:
        return this.#once(step.opId, `add:${step.delta}`, () => {
          const sum = this.#bounded(value + BigInt(step.delta));
          return [sum, sum];
        });
    }
  }

  #once(
    id: string | undefined,
    name: string,
    change: () => readonly [answer: bigint, value: bigint],
  ): unknown {
    const past = id === undefined ? undefined : this.#operations.get(id);
    if (past) return past[0] === name ? past[1] : 'OPERATION_ID_REUSED';
    try {
      const [answer, value] = change();
      this.#value = value;
      if (id !== undefined) this.#operations.set(id, [name, answer]);
      return answer;
    } catch (refusal) {
      return refusal;
    }
  }

  #bounded(sum: bigint): bigint {
    if (sum >= min && sum <= max) return sum;
    if (!this.#clamps) throw 'COUNTER_BOUND';
    return sum > max ? max : min;
  }
}

async function run(counter: DistributedCounter, step: Command): Promise<unknown> {
  try {
    switch (step.kind) {
      case 'add':
        return await counter.add(step.delta, { opId: step.opId });
      case 'incrementBy':
        return BigInt(await counter.incrementBy(step.delta, { opId: step.opId }));
      case 'reset':
        return await counter.reset(step.to, { opId: step.opId });
      default:
        return await counter[step.kind]();
    }
  } catch (error) {
    return errorCode(error);
  }
}

it.each(['reject', 'clamp'] as const)(
  'behaves as one number would, from any process (%s)',
  async (onBound) => {
    const steps = fc.array(fc.tuple(fc.nat(2), command), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const memory = createMemoryStore();
        const bounds = { min, max, onBound };
        const counters = [0, 1, 2].map(() => new DistributedCounter({ ...memory }, 'n', { bounds }));
        const model = new Model(onBound === 'clamp');
        for (const [process, step] of script) {
          const counter = counters[process] as DistributedCounter;
          expect(await run(counter, step)).toEqual(model.run(step));
        }
      }),
      { numRuns: 300 },
    );
  },
);
