import { DistributedCounter } from '@norikv/counter';
import { countCalls, createMemoryStore } from '@norikv/testkit';
import { jitterIncrement } from '../contenders/jitter-counter.js';
import { seedIncrement } from '../contenders/seed-counter.js';
import { compare, type Figure, type Row } from '../row.js';

const callers = 100;

/** Store calls that 100 callers of one key need, 2 ms away from the store. */
export async function burst(): Promise<Row[]> {
  const measure = async (
    contender: string,
    operationOn: (store: ReturnType<typeof countCalls>) => () => Promise<unknown>,
  ): Promise<Figure> => {
    const memory = createMemoryStore({ latencyMs: 2 });
    await memory.put('n', '0');
    const store = countCalls(memory);
    const operation = operationOn(store);
    const results = await Promise.allSettled(Array.from({ length: callers }, operation));
    const succeeded = results.filter(({ status }) => status === 'fulfilled').length;
    return { contender, value: store.calls.total, note: `${succeeded} of ${callers} succeeded` };
  };
  return compare('A burst of 100 callers of one key', 'store calls', 'less', [
    await measure('ours: DistributedCounter.increment', (store) => {
      const counter = new DistributedCounter(store, 'n');
      return () => counter.increment();
    }),
    await measure('plain get + put with full jitter', (store) => () => jitterIncrement(store, 'n', 2)),
    await measure('the documentation’s loop', (store) => () => seedIncrement(store, 'n')),
  ]);
}
