import type { WriteStream } from 'node:tty';

/** Where progress is shown: a terminal, or anything else that takes text. */
export type ProgressOutput = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

const barCells = 30;
const drawEveryMs = 100;
const lineEveryPercent = 20;

/** A bar on a terminal; elsewhere one line each twenty per cent. `embedded` are those that took time. */
export function showProgress(
  total: number,
  output: ProgressOutput,
  nowMs: () => number = performance.now.bind(performance),
): (done: number, embedded: number) => void {
  const startedAt = nowMs();
  let drawnAt = Number.NEGATIVE_INFINITY;
  let nextLine = lineEveryPercent;
  return (done, embedded) => {
    const percent = Math.floor((done / total) * 100);
    const rate = embedded / Math.max(0.001, (nowMs() - startedAt) / 1_000);
    const left = rate > 0 && done < total ? `, about ${Math.ceil((total - done) / rate)} s left` : '';
    const text = `${done} of ${total} passages, ${Math.round(rate)} embedded a second${left}`;
    if (!output.isTTY) {
      if (percent >= nextLine) output.write(`${percent} %: ${text}\n`);
      while (percent >= nextLine) nextLine += lineEveryPercent;
      return;
    }
    if (nowMs() - drawnAt < drawEveryMs && done < total) return;
    drawnAt = nowMs();
    const filled = Math.round((done / total) * barCells);
    const bar = `${'█'.repeat(filled)}${'░'.repeat(barCells - filled)}`;
    output.write(`\r\x1b[K${`${bar} ${text}`.slice(0, (output.columns ?? 80) - 1)}`);
    if (done === total) output.write('\r\x1b[K');
  };
}
