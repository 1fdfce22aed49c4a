import { expect, test } from 'vitest';
import { isRunning, ownIdentity } from '../src/process-identity.js';

test('this process is running, and so is one that belongs to somebody else', () => {
  expect(isRunning(ownIdentity())).toBe(true);
  expect(isRunning(`${ownIdentity()}-more`)).toBe(true);
});

test('a process whose start could not be read is known by its number', () => {
  expect(isRunning(ownIdentity().replace(/-\d+$/, '-0'))).toBe(true);
  expect(isRunning(ownIdentity().replace(/-\d+$/, '-1'))).toBe(process.platform !== 'linux');
});

test.each(['', 'no-process', '12', 'x12-34'])('%j names nobody', (text) => {
  expect(isRunning(text)).toBe(false);
});
