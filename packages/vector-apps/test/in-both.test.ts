import { CancelledError, DeadlineExceededError } from '@norikv/store';
import { expect, it } from 'vitest';
import { inBoth } from '../src/recommendation/in-both.js';

const cancelled = new CancelledError('stop');
const damaged = new Error('damaged');
const unknown = new DeadlineExceededError('late');

it.each<[string, Promise<boolean>, Promise<boolean>, unknown]>([
  ['both written', Promise.resolve(true), Promise.resolve(true), true],
  ['the product gone', Promise.resolve(false), Promise.resolve(false), false],
  [
    'one written',
    Promise.resolve(true),
    Promise.reject(cancelled),
    { code: 'OUTCOME_UNKNOWN', cause: cancelled },
  ],
  ['the other written', Promise.reject(cancelled), Promise.resolve(true), { code: 'OUTCOME_UNKNOWN' }],
  ['one written, the other never to be', Promise.reject(damaged), Promise.resolve(true), damaged],
  ['none written', Promise.reject(cancelled), Promise.reject(cancelled), cancelled],
  ['one perhaps written', Promise.reject(cancelled), Promise.reject(unknown), unknown],
])('an event is reported as what is known of it: %s', async (_what, added, counted, outcome) => {
  const result: unknown = await inBoth(added, counted).catch((error: unknown) => error);
  if (typeof outcome === 'object') expect(result).toMatchObject(outcome ?? {});
  else expect(result).toBe(outcome);
});
