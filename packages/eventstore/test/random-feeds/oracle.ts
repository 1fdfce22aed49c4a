/** An append of one event, from its call to what its caller was told. */
export interface Attempt {
  readonly stream: string;
  readonly number: number;
  readonly startedAt: number;
  endedAt: number;
  outcome: 'unknown' | 'acknowledged' | 'rejected';
  version: number;
}

/** An event that somebody was given. */
export interface Sight {
  readonly stream: string;
  readonly version: number;
  readonly number: number;
}

/** An event that a consumer has handled, or was handling when it ended. */
export interface Delivery extends Sight {
  readonly group: string;
  /** Which consumer of the group. */
  readonly instance: number;
  readonly startedAt: number;
  endedAt: number;
}

/** A group of consumers: which events it may be given, and which of them it must be. */
export interface Group {
  readonly name: string;
  isOwn(sight: Sight): boolean;
  isDue(sight: Sight): boolean;
}

/** A moment by which a group must have handled all that was acknowledged before another one. */
export interface Arrival {
  readonly group: string;
  readonly acknowledgedBefore: number;
  readonly handledBefore: number;
}

/** All that was noted while a schedule ran. */
export interface Notes {
  readonly attempts: readonly Attempt[];
  readonly sights: readonly Sight[];
  readonly deliveries: readonly Delivery[];
  readonly arrivals: readonly Arrival[];
  /** Of each stream the last version that may have been deleted or truncated. */
  readonly goneUpTo: ReadonlyMap<string, number>;
}

/** What the streams hold, as everybody who saw it agrees; and who does not. */
function agreedOn({ attempts, sights, deliveries }: Notes): { truth: Map<string, Sight>; broken: string[] } {
  const truth = new Map<string, Sight>();
  const broken: string[] = [];
  const acknowledged = attempts.filter(({ outcome }) => outcome === 'acknowledged');
  for (const { stream, version, number } of [...acknowledged, ...sights, ...deliveries]) {
    const place = `${stream}:${version}`;
    const known = truth.get(place) ?? { stream, version, number };
    truth.set(place, known);
    if (known.number !== number) broken.push(`${place} is ${known.number} and ${number}`);
  }
  const byNumber = new Map(attempts.map((attempt) => [attempt.number, attempt]));
  const times = new Map<number, number>();
  for (const { stream, number } of truth.values()) {
    times.set(number, (times.get(number) ?? 0) + 1);
    const attempt = byNumber.get(number);
    if (attempt?.stream !== stream) broken.push(`${number} of ${stream} was never appended`);
    if (attempt?.outcome === 'rejected') broken.push(`${number} of ${stream} was rejected`);
  }
  for (const [number, count] of times) if (count > 1) broken.push(`${number} is there ${count} times`);
  return { truth, broken };
}

/** The promises that were broken; none if all is well. */
export function brokenPromises(notes: Notes, groups: readonly Group[]): string[] {
  const { truth, broken } = agreedOn(notes);
  const { attempts, deliveries, arrivals, goneUpTo } = notes;
  const lasting = [...truth.values()].filter(({ stream, version }) => version > (goneUpTo.get(stream) ?? 0));
  for (const { name, isOwn, isDue } of groups) {
    const own = deliveries.filter(({ group }) => group === name);
    const wanted = lasting.filter((sight) => isOwn(sight) && isDue(sight));
    const doneAt = new Map<string, number>();
    for (const { stream, version, endedAt } of own) {
      const place = `${stream}:${version}`;
      doneAt.set(place, Math.min(endedAt, doneAt.get(place) ?? Number.POSITIVE_INFINITY));
    }
    const isDoneBefore = ({ stream, version }: Sight, moment: number): boolean =>
      (doneAt.get(`${stream}:${version}`) ?? Number.POSITIVE_INFINITY) < moment;

    for (const sight of wanted) {
      if (!isDoneBefore(sight, Number.POSITIVE_INFINITY))
        broken.push(`${name} never handled ${shown(sight)}`);
    }
    const newest = new Map<string, number>();
    for (const delivery of own) {
      const { stream, version, instance, startedAt } = delivery;
      if (!isOwn(delivery)) broken.push(`${name} was given ${shown(delivery)}`);
      const before = newest.get(`${instance} ${stream}`) ?? 0;
      if (version <= before)
        broken.push(`${name} (${instance}) was given ${shown(delivery)} after ${before}`);
      newest.set(`${instance} ${stream}`, version);
      for (const sight of wanted) {
        const isEarlier = sight.stream === stream && sight.version < version;
        if (isEarlier && !isDoneBefore(sight, startedAt))
          broken.push(`${name} (${instance}) was given ${shown(delivery)} before ${shown(sight)}`);
      }
    }
    for (const { group, acknowledgedBefore, handledBefore } of arrivals) {
      if (group !== name) continue;
      for (const sight of wanted) {
        const attempt = attempts.find(({ number }) => number === sight.number);
        const isBefore = attempt?.outcome === 'acknowledged' && attempt.endedAt < acknowledgedBefore;
        if (isBefore && !isDoneBefore(sight, handledBefore))
          broken.push(`${name} had caught up, but not with ${shown(sight)}`);
      }
    }
  }
  return broken;
}

export function shown({ stream, version, number }: Sight): string {
  return `${stream}:${version} (${number})`;
}
