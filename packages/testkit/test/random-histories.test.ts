import { expect, it } from 'vitest';
import {
  checkLinearizability,
  createMemoryStore,
  FakeClock,
  type Fault,
  type FaultCandidate,
  raceClients,
  seededRandom,
  withFaults,
} from '../src/index.js';

it('10,000 random histories with faults on the memory store are linearizable', async () => {
  let operations = 0;
  let open = 0;
  for (let seed = 1; seed <= 10_000; seed++) {
    const random = seededRandom(seed);
    const clock = new FakeClock();
    const memory = createMemoryStore({ clock, mismatchCarriesEntry: seed % 2 === 0 });
    // A second copy of an unconditional write would not be linearizable in any store.
    const decide = (call: FaultCandidate): Fault | undefined =>
      call.options.ifMatchVersion && random() < 0.05 ? 'duplicated-delivery' : undefined;
    const store = withFaults(memory, {
      clock,
      random,
      decide,
      latencyMs: () => random() * 10,
      delayMs: () => random() * 60,
      outageMs: 20,
      rates: { 'lost-request': 0.03, 'lost-reply': 0.05, 'delayed-delivery': 0.05, outage: 0.003 },
    });
    const race = {
      random,
      keys: ['a', 'b'],
      clients: 2 + Math.floor(random() * 7),
      operationsPerClient: 4 + Math.floor(random() * 9),
    };
    const history = await clock.run(() => raceClients([store], race));
    const verdict = checkLinearizability(history);
    expect(verdict.ok, `seed ${seed}: ${JSON.stringify(verdict)}`).toBe(true);
    operations += history.size;
    for (const { result } of history) if (result.kind === 'unknown') open += 1;
  }
  expect(operations).toBeGreaterThan(300_000);
  expect(open).toBeGreaterThan(10_000);
}, 180_000);

it('a careless client that resends a conditional write is found out', async () => {
  let refused = 0;
  for (let seed = 1; seed <= 50; seed++) {
    const random = seededRandom(seed);
    const clock = new FakeClock();
    const store = withFaults(createMemoryStore({ clock }), {
      clock,
      random,
      latencyMs: () => random() * 10,
      rates: { 'own-mismatch': 0.1 },
    });
    const history = await clock.run(() => raceClients([store], { random, keys: ['a'] }));
    if (!checkLinearizability(history).ok) refused += 1;
  }
  expect(refused).toBeGreaterThan(25);
});
