#!/usr/bin/env node
import { runCommand } from './command.js';
import { isClientCommand } from './command-client.js';
import { endSignals } from './end-signals.js';
import { exitCodes, isWrite } from './exit-codes.js';
import type { Terminal } from './terminal.js';

const terminal: Terminal = {
  input: () => process.stdin,
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  stopped: endSignals(process),
  hungUp: (callback) => void process.on('SIGHUP', callback),
};

const args = process.argv.slice(2);
const name = args[0] ?? '';

// Nobody reads any more: a server serves on without its log, and a command has nobody left to tell. But whoever
// keeps what a command writes has to know if it is not all there.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || !isClientCommand(name)) return;
  terminal.error(`norikv: the output cannot be written: ${message}\n`);
  // A write has happened by then.
  process.exitCode = isWrite(name) ? exitCodes.unknown : exitCodes.failed;
});
// Where nobody can be told, the exit code still tells.
process.stderr.on('error', () => {});

runCommand(args, process.env, terminal).then((code) => {
  process.exitCode ||= code;
});
