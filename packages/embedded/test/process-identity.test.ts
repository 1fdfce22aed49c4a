import { expect, test } from 'vitest';
import { isRunning, ownIdentity } from '../src/process-identity.js';

test('this process is running, and so is one that belongs to somebody else', () => {
  expect(isRunning(ownIdentity())).toBe(true);
  expect(isRunning(`${ownIdentity()}-more`)).toBe(true);
});

test.each(['', 'no-process', '12', 'x12-34'])('%j names nobody', (text) => {
  expect(isRunning(text)).toBe(false);
});
