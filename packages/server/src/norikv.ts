#!/usr/bin/env node
import { runCommand } from './command.js';
import { isClientCommand } from './command-client.js';
import type { Terminal } from './terminal.js';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  stopped: (callback) => {
    process.once('SIGTERM', callback);
    process.once('SIGINT', callback);
  },
  hungUp: (callback) => void process.on('SIGHUP', callback),
};

const args = process.argv.slice(2);

// Nobody reads any more: a server serves on without its log, and a command has nobody left to tell. But whoever
// keeps what a command writes has to know if it is not all there.
process.stdout.on('error', ({ code, message }: NodeJS.ErrnoException) => {
  if (code === 'EPIPE' || !isClientCommand(args[0] ?? '')) return;
  terminal.error(`norikv: the output cannot be written: ${message}\n`);
  process.exitCode = 1;
});

runCommand(args, process.env, terminal).then((code) => {
  process.exitCode ||= code;
});
