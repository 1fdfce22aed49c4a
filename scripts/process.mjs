import { spawn } from 'node:child_process';

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {boolean} [quiet] keep the output back, and show it only if the command fails
 * @property {boolean} [stdin] hand on the standard input
 */

/**
 * Runs a command and resolves to its exit code. Signals to this process go to the command; if a signal
 * ends the command, it ends this process too.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<number>}
 */
export function run(command, args, { cwd, env, quiet = false, stdin = false } = {}) {
  return new Promise((resolve, reject) => {
    const output = quiet ? 'pipe' : 'inherit';
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: [stdin ? 'inherit' : 'ignore', output, output],
      // npx and the other commands are batch files there.
      shell: process.platform === 'win32' && command !== process.execPath,
    });
    /** @type {Buffer[]} */
    const kept = [];
    child.stdout?.on('data', (chunk) => kept.push(chunk));
    child.stderr?.on('data', (chunk) => kept.push(chunk));

    const stopForwarding = forwardSignals(child);
    child.once('error', (error) => {
      stopForwarding();
      reject(error);
    });
    child.once('close', (exitCode, signal) => {
      stopForwarding();
      if (exitCode !== 0) process.stderr.write(Buffer.concat(kept));
      if (signal) process.kill(process.pid, signal);
      else resolve(exitCode ?? 1);
    });
  });
}

/** @param {import('node:child_process').ChildProcess} child */
function forwardSignals(child) {
  // A terminal sends Ctrl-C to the whole group, so the command has it already.
  const terminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  const handlers = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']).map((signal) => {
    const handler = () => {
      if (!(terminal && signal === 'SIGINT')) child.kill(signal);
    };
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return () => {
    for (const stop of handlers) stop();
  };
}
