import type { Game, Step } from '../../testkit/test/one-order/game.js';
import { DistributedCounter } from '../src/index.js';

export interface Model {
  readonly value: number | null;
  readonly operations: Readonly<Record<string, readonly [delta: number, sum: number]>>;
}
type CounterStep = Step<DistributedCounter, Model>;

const max = 5;

function add(delta: number, opId: string | undefined, deadlineMs: number | undefined): CounterStep {
  return {
    name: `add ${delta} ${opId ?? ''}`,
    call: async (counter) => Number(await counter.add(delta, { opId, deadlineMs })),
    apply(model) {
      const past = model.operations[opId ?? ''];
      if (past) return [model, past[0] === delta ? past[1] : 'OPERATION_ID_REUSED'];
      const value = (model.value ?? 0) + delta;
      if (delta > 0 ? value > max : delta < 0 && value < -max) return [model, 'COUNTER_BOUND'];
      const operations = opId === undefined ? {} : { [opId]: [delta, value] as const };
      return [{ value, operations: { ...model.operations, ...operations } }, value];
    },
  };
}

const initialize: CounterStep = {
  name: 'initialize',
  call: (counter) => counter.initialize(),
  apply: (model) => [{ ...model, value: model.value ?? 0 }, undefined],
};
const reset: CounterStep = {
  name: 'reset',
  call: async (counter) => Number(await counter.reset()),
  apply: (model) => [{ ...model, value: 0 }, model.value ?? 0],
};
const remove: CounterStep = {
  name: 'delete',
  call: (counter) => counter.delete(),
  apply: (model) => [{ ...model, value: null }, model.value !== null],
};
const value: CounterStep = {
  name: 'value',
  call: async (counter) => Number(await counter.value()),
  apply: (model) => [model, model.value ?? 0],
};

/** Adds with names and without, within bounds, resets, removals and looks. */
export function counterGame(random: () => number): Game<DistributedCounter, Model> {
  const others = [initialize, reset, remove, remove, value, value];
  return {
    initial: { value: null, operations: {} },
    open: (store, clock) => new DistributedCounter(store, 'n', { clock, random, bounds: { min: -max, max } }),
    next() {
      const other = others[Math.floor(random() * 12)];
      if (other) return other;
      const opId = random() < 0.4 ? `o${Math.floor(random() * 2)}` : undefined;
      return add(Math.floor(random() * 9) - 4, opId, random() < 0.3 ? 12 : undefined);
    },
  };
}
