import { createMemoryStore } from '@norikv/testkit';
import { BufferedCounter } from '../../src/index.js';

const counter = new BufferedCounter(createMemoryStore(), 'n', { maxStalenessMs: 2 ** 31 - 1 });
await counter.increment();
console.log(`pending ${counter.pending}`);
