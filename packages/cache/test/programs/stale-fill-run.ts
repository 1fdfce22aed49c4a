import { runSchedule } from '../stale-fill.js';
import { TickClock } from '../tick-clock.js';

/** Runs schedules `first` to `last` and prints what they found, as JSON. */
const [first = 0, last = 0] = process.argv.slice(2).map(Number);
const batch = 200;
const violations: string[] = [];
let schedules = 0;
let reads = 0;
let invalidations = 0;

for (let from = first; from < last; from += batch) {
  const clock = new TickClock(0.5);
  const seeds = Array.from({ length: Math.min(batch, last - from) }, (_, position) => from + position);
  // A third each: no faults, faults, and memory too small to hold both keys.
  const optionsOf = (seed: number): object =>
    seed % 3 === 0
      ? {}
      : seed % 3 === 1
        ? { rates: { 'lost-reply': 0.04, 'lost-request': 0.04, 'delayed-delivery': 0.02 } }
        : { maxEntries: 1, graceMs: 300, softTimeoutMs: 15, earlyRefresh: 0.01, ttlMs: 80 };
  const results = await clock.run(
    Promise.all(
      seeds.map((seed) => runSchedule(seed, { boundMs: seed % 2 === 0 ? 50 : 6, ...optionsOf(seed) }, clock)),
    ),
  );
  for (const result of results) {
    schedules += 1;
    reads += result.reads;
    invalidations += result.invalidations;
    violations.push(...result.violations.map(({ seed, text }) => `schedule ${seed}: ${text}`));
  }
}
console.log(JSON.stringify({ schedules, reads, invalidations, violations: violations.slice(0, 10) }));
