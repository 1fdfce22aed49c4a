import type { EventFeed, EventStore, RecordedEvent } from '../../src/index.js';

/** What is known of one append. Its events are numbered by the test, each number used once. */
export interface Attempt {
  readonly stream: string;
  readonly numbers: readonly number[];
  /** `unknown` until its caller has heard. */
  outcome: 'unknown' | 'acknowledged' | 'rejected';
  /** The version of its first event, if acknowledged. */
  first?: number;
}

/** What was read from a stream while others wrote. */
export interface Sighting {
  readonly stream: string;
  readonly numbers: readonly number[];
}

/** Compares what the store holds in the end to what callers were told. Throws at the first lie. */
export async function checkStream(
  store: EventStore,
  stream: string,
  attempts: readonly Attempt[],
  sightings: readonly Sighting[],
): Promise<number> {
  const events = await store.getEvents(stream);
  const numbers = events.map(numberOf);
  events.forEach(({ version, data }, index) => {
    if (version !== index + 1) fail(`version ${version} at place ${index + 1}`);
    if (data.filler !== fillerOf(data.number)) fail(`event ${data.number} was altered`);
  });
  if (new Set(numbers).size !== numbers.length) fail(`an event is there twice: ${numbers}`);
  const own = attempts.filter((attempt) => attempt.stream === stream);
  const known = new Set(own.flatMap((attempt) => attempt.numbers));
  for (const number of numbers) if (!known.has(number)) fail(`event ${number} was never written`);
  for (const { numbers: batch, outcome, first } of own) {
    const at = numbers.indexOf(batch[0] ?? -1);
    const found = at < 0 ? [] : numbers.slice(at, at + batch.length);
    const isWhole = `${found}` === `${batch}`;
    const isAbsent = batch.every((number) => !numbers.includes(number));
    if (outcome === 'acknowledged' && !(isWhole && first === at + 1)) fail(`lost or moved: ${batch}`);
    if (outcome === 'rejected' && !isAbsent) fail(`rejected, but there: ${batch}`);
    if (!isWhole && !isAbsent) fail(`torn: ${batch}`);
  }
  for (const sighting of sightings.filter((seen) => seen.stream === stream)) {
    if (`${numbers.slice(0, sighting.numbers.length)}` !== `${sighting.numbers}`)
      fail('a reader saw something else');
  }
  return events.length;
}

/** The pointers of each stream cover it without a gap, and never go back behind an earlier one. */
export async function checkFeed(feed: EventFeed, lasts: ReadonlyMap<string, number>): Promise<void> {
  const covered = new Map<string, number>();
  for (let partition = 0; partition < feed.partitions; partition += 1) {
    for (const { pointer } of await feed.after(partition, 0, 100_000)) {
      const [stream, from, to] = pointer;
      const before = covered.get(stream) ?? 0;
      if (from > before + 1) fail(`"${stream}" is published from ${from} after ${before}`);
      if (to < before) fail(`"${stream}" is published to ${to} after ${before}`);
      covered.set(stream, to);
    }
  }
  for (const [stream, last] of lasts) {
    if ((covered.get(stream) ?? 0) !== last)
      fail(`"${stream}" is published to ${covered.get(stream)} of ${last}`);
  }
}

/** What goes with a number: mostly short, now and then too long for a small head. */
export function fillerOf(number: number): string {
  const length = { 3: 2_500, 20: 5_000 }[number % 35] ?? number % 40;
  return `${number}`.padEnd(length, 'x');
}

/** The number the test gave an event. */
export function numberOf({ data }: RecordedEvent): number {
  return data.number;
}

function fail(message: string): never {
  throw new Error(`oracle: ${message}`);
}
