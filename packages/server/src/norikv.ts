#!/usr/bin/env node
import { runCommand } from './command.js';
import type { Terminal } from './terminal.js';

const terminal: Terminal = {
  out: (text) => void process.stdout.write(text),
  error: (text) => void process.stderr.write(text),
  stopped: (callback) => {
    process.once('SIGTERM', callback);
    process.once('SIGINT', callback);
  },
};

// Nobody reads any more: a server serves on without its log, and a command has nobody left to tell.
process.stdout.on('error', () => {});

runCommand(process.argv.slice(2), process.env, terminal).then((code) => {
  process.exitCode = code;
});
