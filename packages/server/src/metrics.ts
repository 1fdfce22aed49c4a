const bucketsMs = [1, 2, 5, 10, 25, 50, 100, 250, 1_000, 5_000];

interface Timing {
  readonly counts: number[];
  sumMs: number;
  count: number;
}

/** A figure that is read when somebody asks. */
export interface Gauge {
  readonly name: string;
  readonly help: string;
  read(): number | Promise<number>;
}

/** Counts calls and their time, and writes it in the text format of Prometheus. */
export class Metrics {
  readonly #calls = new Map<string, number>();
  readonly #timings = new Map<string, Timing>();
  readonly #gauges: readonly Gauge[];

  constructor(gauges: readonly Gauge[]) {
    this.#gauges = gauges;
  }

  /** Counts a call that has ended. */
  count(method: string, code: string, durationMs: number): void {
    const labels = `method="${method}",code="${code}"`;
    this.#calls.set(labels, (this.#calls.get(labels) ?? 0) + 1);
    let timing = this.#timings.get(method);
    if (timing === undefined) {
      timing = { counts: bucketsMs.map(() => 0), sumMs: 0, count: 0 };
      this.#timings.set(method, timing);
    }
    const place = bucketsMs.findIndex((bound) => durationMs <= bound);
    if (place >= 0) timing.counts[place] = (timing.counts[place] ?? 0) + 1;
    timing.sumMs += durationMs;
    timing.count += 1;
  }

  /** Every figure by name. */
  async figures(): Promise<Record<string, number>> {
    const figures: Record<string, number> = {};
    for (const gauge of this.#gauges) figures[gauge.name] = await figureOf(gauge);
    for (const [labels, count] of this.#calls) figures[`norikv_calls_total{${labels}}`] = count;
    return figures;
  }

  /** The text a Prometheus server collects. */
  async text(): Promise<string> {
    const lines: string[] = [];
    for (const gauge of this.#gauges) lines.push(...gaugeLines(gauge, await figureOf(gauge)));
    lines.push('# HELP norikv_calls_total Calls by method and status.', '# TYPE norikv_calls_total counter');
    for (const [labels, count] of this.#calls) lines.push(`norikv_calls_total{${labels}} ${count}`);
    const timing = 'norikv_call_duration_seconds';
    lines.push(`# HELP ${timing} Time from the request to the answer.`, `# TYPE ${timing} histogram`);
    for (const [method, { counts, sumMs, count }] of this.#timings) {
      let sum = 0;
      for (const [place, bound] of bucketsMs.entries()) {
        sum += counts[place] ?? 0;
        lines.push(`${timing}_bucket{method="${method}",le="${bound / 1_000}"} ${sum}`);
      }
      lines.push(`${timing}_bucket{method="${method}",le="+Inf"} ${count}`);
      lines.push(`${timing}_sum{method="${method}"} ${sumMs / 1_000}`);
      lines.push(`${timing}_count{method="${method}"} ${count}`);
    }
    return `${lines.join('\n')}\n`;
  }
}

/** A gauge in the text format of Prometheus. */
export function gaugeLines({ name, help }: Pick<Gauge, 'name' | 'help'>, figure: number): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${figure}`];
}

/** No number if it cannot be read: where no file descriptor is left, the system tells nothing. */
async function figureOf({ read }: Gauge): Promise<number> {
  try {
    return await read();
  } catch {
    return Number.NaN;
  }
}
