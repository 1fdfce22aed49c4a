import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { endSignals } from '../src/end-signals.js';

/** A process to which signals come, and which ends when nobody listens, unless it is the first of its container. */
class SignalledProcess extends EventEmitter {
  readonly pid: number;
  endedWith: number | string | undefined;

  constructor(pid: number) {
    super();
    this.pid = pid;
  }

  exit(code: number): never {
    this.endedWith = code;
    return undefined as never;
  }

  receive(signal: string): void {
    if (!this.emit(signal) && this.pid !== 1) this.endedWith = signal;
  }
}

it.each([
  [7, 'SIGTERM', 'SIGTERM'],
  [1, 'SIGTERM', 143],
  [1, 'SIGINT', 130],
])('process %d ends at once on %s while it starts, and on a second one', (pid, signal, end) => {
  const starting = new SignalledProcess(pid);
  endSignals(starting);
  starting.receive(signal);
  expect(starting.endedWith).toBe(end);

  const serving = new SignalledProcess(pid);
  let told = 0;
  endSignals(serving)(() => {
    told += 1;
  });
  serving.receive(signal);
  expect([told, serving.endedWith]).toEqual([1, undefined]);
  serving.receive(signal);
  expect([told, serving.endedWith]).toEqual([1, end]);
});

it('leaves alone who else listens', () => {
  const shared = new SignalledProcess(1);
  let heard = 0;
  shared.on('SIGTERM', () => {
    heard += 1;
  });
  endSignals(shared)(() => {});
  shared.receive('SIGTERM');
  expect(heard).toBe(1);
});
