import { CancelledError, DeadlineExceededError, UnavailableError } from '@norikv/store';
import { expect, it } from 'vitest';
import { inBoth } from '../src/recommendation/in-both.js';

const cancelled = new CancelledError('stop');
const damaged = new Error('damaged');
const away = new UnavailableError('the store is away', { outcome: 'not-applied' });
const unknown = new DeadlineExceededError('late');

type Write = () => Promise<boolean>;
const written: Write = async () => true;
const gone: Write = async () => false;
const failed = (error: Error): Write => {
  return () => Promise.reject(error);
};

it.each<[string, Write, Write, unknown]>([
  ['both written', written, written, true],
  ['the product gone', gone, gone, false],
  ['one written', written, failed(cancelled), { code: 'OUTCOME_UNKNOWN', cause: cancelled }],
  ['one written, then the store away', written, failed(away), { code: 'OUTCOME_UNKNOWN', cause: away }],
  ['the other written', failed(cancelled), written, { code: 'OUTCOME_UNKNOWN' }],
  ['one written, the other never to be', failed(damaged), written, damaged],
  ['none written', failed(cancelled), failed(cancelled), cancelled],
  ['one perhaps written', failed(cancelled), failed(unknown), unknown],
])('an event is reported as what is known of it: %s', async (_what, added, counted, outcome) => {
  const result: unknown = await inBoth(added(), counted()).catch((error: unknown) => error);
  if (typeof outcome === 'object') expect(result).toMatchObject(outcome ?? {});
  else expect(result).toBe(outcome);
});
