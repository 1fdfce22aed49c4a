// Taken at load, so that a test runner that fakes the globals cannot stop a fake clock.
const nextTurn = globalThis.setImmediate;
const RealDate = globalThis.Date;

const realWorkMs = 1_000;
const realWorkTurns = 1_000;

/** Resolves when every promise that can settle without time passing has settled. */
export function settled(): Promise<void> {
  return new Promise((resolve) => {
    nextTurn(resolve);
  });
}

/**
 * Gives work that waits for something real (a file, a socket) about a second.
 *
 * @throws Error if it is not over by then: it waits for what never comes.
 */
export async function waitForRealWork(isOver: () => boolean): Promise<void> {
  const start = RealDate.now();
  for (let turns = 0; !isOver(); turns++) {
    // A process that stood still for a while has not waited.
    if (turns > realWorkTurns && RealDate.now() - start > realWorkMs) {
      throw new Error(
        'Deadlock: the work is pending and no timer of this clock is left to wake it. ' +
          'It waits for a call that never comes, or it keeps time by another clock.',
      );
    }
    await settled();
  }
}
