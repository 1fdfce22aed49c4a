import type { Suite } from './group.js';
import type { Trial } from './trial.js';

const restarts = [
  ['closing and opening', 'reopen'],
  ['the death of the process', 'kill'],
] as const;

/** Defines a test once for each way to restart: what only an orderly end saves does not survive a kill. */
export function testRestarts(
  { can, test, skip }: Suite,
  survivors: string,
  body: (trial: Trial, restart: () => Promise<void>) => Promise<void>,
): void {
  for (const [event, hook] of restarts) {
    const name = `${survivors} survive ${event}`;
    if (can[hook]) test(name, (trial) => body(trial, () => trial[hook]()));
    else skip(name, `no ${hook} hook`);
  }
}
