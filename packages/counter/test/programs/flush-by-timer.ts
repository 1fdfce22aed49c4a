import { createMemoryStore } from '@norikv/testkit';
import { BufferedCounter } from '../../src/index.js';

const counter = new BufferedCounter(createMemoryStore(), 'n', { maxStalenessMs: 1 });
await counter.increment();
await new Promise<void>((resolve) => {
  const timer = setInterval(() => {
    if (counter.pending > 0) return;
    clearInterval(timer);
    resolve();
  }, 1);
});
await counter.increment();
await counter.close();
console.log(`stored ${await counter.value()}`);
