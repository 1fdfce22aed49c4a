import { expect, it } from 'vitest';
import { issueText, type SchemaIssue } from '../src/standard-schema.js';

it.each<[SchemaIssue, string]>([
  [{ message: 'expected an object' }, 'expected an object'],
  [{ message: 'too small', path: ['items', 0, { key: 'price' }] }, 'items.0.price: too small'],
  [{ message: 'unknown', path: [Symbol('secret')] }, 'Symbol(secret): unknown'],
])('says what is wrong with a value, and where: %j', (issue, text) => {
  expect(issueText(issue)).toBe(text);
});
