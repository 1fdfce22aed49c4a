import { isMainThread } from 'node:worker_threads';

/**
 * Until the returned function is called, a process that exits is ended at once.
 *
 * During a commit lmdb's writing thread holds the write lock and waits for this thread. `process.exit()` would
 * wait for that thread in turn, for ever, and with it every other process on the folder. Nothing that was
 * acknowledged is lost; only the exit code gives way to a signal.
 */
export function endProcessOnExit(): () => void {
  if (!isMainThread) return () => {};
  const endProcess = (): void => void process.kill(process.pid, 'SIGKILL');
  process.on('exit', endProcess);
  return () => void process.off('exit', endProcess);
}
