import { describe, expect, it } from 'vitest';
import { helpText, parseOptions, UsageError } from '../src/options.js';

describe('options', () => {
  it('have defaults', () => {
    expect(parseOptions([])).toEqual({
      workers: 4,
      data: undefined,
      store: undefined,
      kill: true,
      addresses: 233,
      help: false,
    });
  });

  it('are read from the command line', () => {
    const args = ['--workers', '2', '--data=./words', '--no-kill', '--addresses', '7', '-h'];
    expect(parseOptions(args)).toEqual({
      workers: 2,
      data: './words',
      store: undefined,
      kill: false,
      addresses: 7,
      help: true,
    });
  });

  it.each([
    [['--workers', '0'], '--workers is "0"; use a whole number from 1 to 32'],
    [['--workers', '33'], '--workers is "33"; use a whole number from 1 to 32'],
    [['--workers', '1.5'], '--workers is "1.5"'],
    [['--workers', '1e1'], '--workers is "1e1"'],
    [['--addresses', '234'], '--addresses is "234"; use a whole number from 1 to 233'],
    [['--data', ''], '--data is empty; name a folder, or leave it out'],
    [['--store', 'redis://here'], '--store is "redis://here"; use etcd://host:port'],
    [['--store', 'etcd://here:1', '--data', 'there'], '--store and --data exclude each other'],
    [['--workers'], '--workers'],
    [['--sorkers', '4'], '--sorkers'],
    [['four'], 'four'],
  ])('%j are refused', (args, message) => {
    expect(() => parseOptions(args)).toThrow(UsageError);
    expect(() => parseOptions(args)).toThrow(message);
  });

  it('are all explained', () => {
    for (const name of ['--workers', '--data', '--store', '--addresses', '--no-kill', '--help']) {
      expect(helpText).toContain(name);
    }
  });
});
