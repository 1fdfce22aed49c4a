import type { WriteStream } from 'node:tty';
import { type Clock, systemClock } from '@norikv/store';

/** Where progress is shown: a terminal, or anything else that takes text. */
export type ProgressOutput = Pick<WriteStream, 'write'> & Partial<Pick<WriteStream, 'isTTY' | 'columns'>>;

/** Shows how far a job is. */
export interface Progress {
  update(done: number): void;
  /** Says something beside the bar. */
  note(text: string): void;
  /** Takes the bar away. */
  end(): void;
}

const drawEveryMs = 100;
const lineEveryPercent = 10;
const clearLine = '\r\x1b[K';

/** A bar that fills on a terminal; elsewhere one line each ten per cent. */
export function showProgress(total: number, output: ProgressOutput, clock: Clock = systemClock): Progress {
  const isTerminal = output.isTTY === true;
  let start: { readonly atMs: number; readonly done: number } | undefined;
  let bar = '';
  let widest = 0;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let nextLineAt = lineEveryPercent;

  const textOf = (done: number): string => {
    start ??= { atMs: clock.monotonic(), done };
    const seconds = Math.max(clock.monotonic() - start.atMs, 1) / 1_000;
    const rate = Math.round((done - start.done) / seconds);
    return `${counted(done)} of ${counted(total)} words, ${counted(rate)} a second`;
  };

  return {
    update(done) {
      const percent = Math.floor((done / total) * 100);
      const text = textOf(done);
      if (isTerminal) {
        if (clock.monotonic() - drawnAt < drawEveryMs && done < total) return;
        drawnAt = clock.monotonic();
        const caption = `${String(percent).padStart(3)} %  ${text}`;
        // A bar that changes its length with the digits beside it would flicker.
        widest = Math.max(widest, caption.length);
        bar = barOf(done / total, caption.padEnd(widest), output.columns ?? 80);
        output.write(`\r${bar}\x1b[K`);
      } else if (percent >= nextLineAt) {
        nextLineAt = percent - (percent % lineEveryPercent) + lineEveryPercent;
        output.write(`${percent} %: ${text}\n`);
      }
    },
    note(text) {
      output.write(isTerminal ? `${clearLine}${text}\n${bar}` : `${text}\n`);
    },
    end() {
      if (isTerminal && bar !== '') output.write(clearLine);
      bar = '';
    },
  };
}

/** One line of at most `columns - 1` characters: a full line would wrap on some terminals. */
function barOf(share: number, text: string, columns: number): string {
  const room = Math.min(columns - text.length - 3, 40);
  if (room < 5) return text.slice(0, Math.max(columns - 1, 0));
  const filled = Math.round(share * room);
  return `${'█'.repeat(filled)}${'░'.repeat(room - filled)}  ${text}`;
}

function counted(number: number): string {
  return number.toLocaleString('en');
}
